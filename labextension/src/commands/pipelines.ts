/** Commands about pipelines: showing one, and splitting a notebook into one. */
import type { TranslationBundle } from '@jupyterlab/translation';

import { pipelineIcon, splitIcon } from '../panels/frame/icons';
import type { PipelinesState } from '../state/pipelines';
import type { SplitsState } from '../state/splits';
import { taking, text } from './args';
import { CommandIDs, type Commands } from './ids';
import { addOpenCommand, type IOpenCommandNeed } from './open';
import { bringForward } from './sidebar';

export interface IPipelineCommandsNeed extends IOpenCommandNeed {
  readonly pipelines: PipelinesState;
  readonly splits: SplitsState;
  readonly trans: TranslationBundle;
}

export function addPipelineCommands(commands: Commands, need: IPipelineCommandsNeed): void {
  const { pipelines, splits, sidebar, shell, trans } = need;
  const opening = {
    label: trans.__('Split into Pipeline…'),
    caption: trans.__('Split into a pipeline: steps that give the same results'),
    icon: splitIcon,
    open: (notebook: string) => splits.open(notebook)
  };
  addOpenCommand(commands, CommandIDs.splitNotebook, opening, need);
  commands.addCommand(CommandIDs.showPipeline, {
    label: trans.__('Show Pipeline'),
    icon: pipelineIcon,
    describedBy: { args: taking('folder') },
    execute: async args => {
      bringForward(sidebar, shell);
      await pipelines.open(text(args, 'folder'));
    }
  });
}
