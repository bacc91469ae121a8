/** Commands about parameters: the form, and the picture of a sweep. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { IFrame, MainAreaWidget, type IThemeManager } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { parametersIcon } from '../panels/frame/icons';
import type { Sidebar } from '../panels/sidebar';
import type { CurrentNotebook } from '../state/notebook';
import type { ParametersState } from '../state/parameters';
import type { RunsState } from '../state/runs';
import { taking, text } from './args';
import { CommandIDs, type Commands } from './ids';

export interface IParameterCommandsNeed {
  readonly parameters: ParametersState;
  readonly notebook: CurrentNotebook;
  readonly runs: RunsState;
  readonly sidebar: Sidebar;
  readonly shell: JupyterFrontEnd.IShell;
  readonly themes: IThemeManager | null;
  /** Show the form over the sidebar. */
  readonly onShow: () => void;
  readonly trans: TranslationBundle;
}

export function addParameterCommands(commands: Commands, need: IParameterCommandsNeed): void {
  const { parameters, notebook, runs, sidebar, shell, themes, onShow, trans } = need;
  commands.addCommand(CommandIDs.runWithParameters, {
    label: trans.__('Run with Parameters…'),
    caption: trans.__('Run with parameters: fill in a form, and run from a clean kernel'),
    icon: parametersIcon,
    describedBy: { args: taking() },
    isEnabled: () => notebook.now.path !== null,
    execute: async () => {
      const { path } = notebook.now;
      if (path !== null) {
        runs.close();
        shell.activateById(sidebar.id);
        onShow();
        await parameters.show(path);
      }
    }
  });
  notebook.changed.connect(() => commands.notifyCommandChanged(CommandIDs.runWithParameters));
  commands.addCommand(CommandIDs.showSweep, {
    label: trans.__('Show Sweep'),
    describedBy: { args: taking('sweep', 'name') },
    execute: args => {
      const sweep = text(args, 'sweep');
      const theme = themes?.theme ?? null;
      const isLight = theme === null || themes?.isLight(theme) !== false;
      const id = `cellmill-sweep-${sweep}`;
      for (const there of shell.widgets('main')) {
        if (there.id === id) {
          shell.activateById(id);
          return;
        }
      }
      const content = new IFrame({ sandbox: ['allow-scripts'] });
      content.url = parameters.pictureAddress(sweep, isLight);
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
