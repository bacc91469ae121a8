/** Commands about runs. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';

import type { Sidebar } from '../panels/sidebar';
import type { RunsState } from '../state/runs';
import { taking, text } from './args';
import { CommandIDs, type Commands } from './ids';
import { revealCell } from './reveal';
import { tellFact, tellTrouble } from './tell';

export interface IRunCommandsNeed {
  readonly runs: RunsState;
  readonly sidebar: Sidebar;
  readonly shell: JupyterFrontEnd.IShell;
  readonly documents: IDocumentManager;
  readonly tracker: INotebookTracker;
  readonly trans: TranslationBundle;
}

export function addRunCommands(commands: Commands, need: IRunCommandsNeed): void {
  const { runs, sidebar, shell, documents, tracker, trans } = need;
  commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh Runs'),
    caption: trans.__('Ask again which runs there are'),
    icon: refreshIcon,
    describedBy: { args: taking() },
    execute: () => runs.refresh()
  });
  commands.addCommand(CommandIDs.showRun, {
    label: trans.__('Show Run'),
    describedBy: { args: taking('run') },
    execute: args => {
      shell.activateById(sidebar.id);
      runs.open(text(args, 'run'));
    }
  });
  commands.addCommand(CommandIDs.revealCell, {
    label: trans.__('Show Cell of a Run'),
    describedBy: { args: taking('notebook', 'cell') },
    execute: async args => {
      try {
        const found = await revealCell(
          text(args, 'notebook'),
          text(args, 'cell'),
          documents,
          tracker
        );
        if (!found) {
          tellFact(
            trans.__('That cell is not in the notebook any more; its source is kept with the run.')
          );
        }
      } catch (error) {
        tellTrouble(error, trans);
      }
    }
  });
}
