/** Commands about pipelines: showing one, and splitting a notebook into one. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import { pipelineIcon, splitIcon } from '../panels/frame/icons';
import type { Sidebar } from '../panels/sidebar';
import type { CurrentNotebook } from '../state/notebook';
import type { PipelinesState } from '../state/pipelines';
import type { RunsState } from '../state/runs';
import type { SplitsState } from '../state/splits';
import { taking, text } from './args';
import { CommandIDs, type Commands } from './ids';

export interface IPipelineCommandsNeed {
  readonly pipelines: PipelinesState;
  readonly splits: SplitsState;
  readonly notebook: CurrentNotebook;
  readonly runs: RunsState;
  readonly sidebar: Sidebar;
  readonly shell: JupyterFrontEnd.IShell;
  /** Show the graph over the sidebar. */
  readonly onShow: () => void;
  /** Show the splitting over the sidebar. */
  readonly onSplit: () => void;
  readonly trans: TranslationBundle;
}

export function addPipelineCommands(commands: Commands, need: IPipelineCommandsNeed): void {
  const { pipelines, splits, notebook, runs, sidebar, shell, onShow, onSplit, trans } = need;
  commands.addCommand(CommandIDs.splitNotebook, {
    label: trans.__('Split into Pipeline…'),
    caption: trans.__('Split into a pipeline: steps that come to the same'),
    icon: splitIcon,
    describedBy: { args: taking() },
    isEnabled: () => notebook.now.path !== null,
    execute: async () => {
      const { path } = notebook.now;
      if (path !== null) {
        runs.close();
        pipelines.close();
        shell.activateById(sidebar.id);
        onSplit();
        await splits.show(path);
      }
    }
  });
  notebook.changed.connect(() => commands.notifyCommandChanged(CommandIDs.splitNotebook));
  commands.addCommand(CommandIDs.showPipeline, {
    label: trans.__('Show Pipeline'),
    icon: pipelineIcon,
    describedBy: { args: taking('folder') },
    execute: async args => {
      runs.close();
      shell.activateById(sidebar.id);
      onShow();
      await pipelines.open(text(args, 'folder'));
    }
  });
}

/** Open an executed notebook, and bring the cell that raised before the user's eyes. */
export async function openFailed(
  path: string,
  documents: IDocumentManager,
  tracker: INotebookTracker
): Promise<void> {
  const widget = documents.openOrReveal(path);
  const panel = tracker.find(candidate => candidate.context.localPath === path);
  if (panel === undefined || widget === undefined) {
    return;
  }
  await panel.context.ready;
  await panel.revealed;
  const index = panel.content.widgets.findIndex(
    ({ model }) =>
      model.type === 'code' &&
      ((model.sharedModel.toJSON().outputs ?? []) as { output_type?: string }[]).some(
        output => output.output_type === 'error'
      )
  );
  if (index >= 0) {
    panel.content.deselectAll();
    panel.content.activeCellIndex = index;
    await panel.content.scrollToCell(panel.content.widgets[index], 'center');
  }
}
