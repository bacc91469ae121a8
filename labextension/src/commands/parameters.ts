/** Commands about parameters: the form, and the picture of a sweep. */
import { IFrame, MainAreaWidget, type IThemeManager } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { parametersIcon } from '../panels/frame/icons';
import type { ParametersState } from '../state/parameters';
import { taking, text } from './args';
import { CommandIDs, type Commands } from './ids';
import { addOpenCommand, type IOpenCommandNeed } from './open';

export interface IParameterCommandsNeed extends IOpenCommandNeed {
  readonly parameters: ParametersState;
  readonly themes: IThemeManager | null;
  readonly trans: TranslationBundle;
}

export function addParameterCommands(commands: Commands, need: IParameterCommandsNeed): void {
  const { parameters, shell, themes, trans } = need;
  const opening = {
    label: trans.__('Run with Parameters…'),
    caption: trans.__('Run with parameters: fill in a form, and run from a clean kernel'),
    icon: parametersIcon,
    open: (notebook: string) => parameters.open(notebook)
  };
  addOpenCommand(commands, CommandIDs.runWithParameters, opening, need);
  commands.addCommand(CommandIDs.showSweep, {
    label: trans.__('Show Sweep'),
    describedBy: { args: taking('sweep', 'name') },
    execute: args => {
      const sweep = text(args, 'sweep');
      const theme = themes?.theme ?? null;
      const isLight = theme === null || themes?.isLight(theme) !== false;
      const id = `cellmill-sweep-${sweep}`;
      const address = parameters.pictureAddress(sweep, isLight);
      for (const there of shell.widgets('main')) {
        if (there.id === id) {
          if (there instanceof MainAreaWidget && there.content instanceof IFrame) {
            there.content.url = address; // loaded anew: more trials may have ended
          }
          shell.activateById(id);
          return;
        }
      }
      const content = new IFrame({ sandbox: ['allow-scripts'] });
      content.url = address;
      const widget = new MainAreaWidget({ content });
      widget.id = id;
      widget.title.label = text(args, 'name');
      widget.title.icon = parametersIcon;
      widget.title.closable = true;
      shell.add(widget, 'main');
      shell.activateById(widget.id);
    }
  });
}
