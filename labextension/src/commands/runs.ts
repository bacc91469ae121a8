/** Commands about runs. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { deleteIcon, refreshIcon } from '@jupyterlab/ui-components';
import { createElement } from 'react';

import { DeletionWords } from '../panels/runs/deletion';
import { LargeFigure } from '../panels/runs/figures';
import { shortClass } from '../panels/runs/words';
import type { Sidebar } from '../panels/sidebar';
import type { RunsState } from '../state/runs';
import { taking, text } from './args';
import { deleteRun, type IDeletionDoors } from './deletion';
import { CommandIDs, type Commands } from './ids';
import { revealCell } from './reveal';
import { bringForward } from './sidebar';
import { tellFact, tellTrouble } from './tell';

export interface IRunCommandsNeed {
  readonly runs: RunsState;
  readonly sidebar: Sidebar;
  readonly shell: JupyterFrontEnd.IShell;
  readonly documents: IDocumentManager;
  readonly tracker: INotebookTracker;
  readonly trans: TranslationBundle;
  /** The run of the row whose context menu is open. */
  readonly runOfMenu: () => string | undefined;
}

export function addRunCommands(commands: Commands, need: IRunCommandsNeed): void {
  const { runs, sidebar, shell, documents, tracker, trans, runOfMenu } = need;
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
      bringForward(sidebar, shell);
      runs.open(text(args, 'run'));
    }
  });
  commands.addCommand(CommandIDs.deleteRun, {
    label: trans.__('Delete Run…'),
    icon: deleteIcon,
    describedBy: { args: { ...taking('run'), required: [] } },
    execute: async args => {
      try {
        const run = (args.run === undefined ? runOfMenu() : undefined) ?? text(args, 'run');
        await deleteRun(run, runs, deletionDoors(trans));
      } catch (error) {
        tellTrouble(error, trans);
      }
    }
  });
  commands.addCommand(CommandIDs.showFigure, {
    label: trans.__('Show Figure of a Run'),
    describedBy: { args: taking('address', 'name') },
    execute: args => {
      const [address, name] = [text(args, 'address'), text(args, 'name')];
      return showDialog({
        title: name,
        body: createElement(LargeFigure, { address, name }),
        buttons: [Dialog.okButton({ label: trans.__('Close') })],
        hasClose: true
      });
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
            trans.__('That cell is not in the notebook any more; its source is kept with the run.'),
            trans
          );
        }
      } catch (error) {
        tellTrouble(error, trans);
      }
    }
  });
}

function deletionDoors(trans: TranslationBundle): IDeletionDoors {
  return {
    confirm: async run => {
      const { button } = await showDialog({
        title: trans.__('Delete %1?', shortClass(run.model_class)),
        body: createElement(DeletionWords, { run, trans }),
        buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Delete') })],
        defaultButton: 0
      });
      return button.accept;
    },
    deleted: run => tellFact(trans.__('Deleted %1.', shortClass(run.model_class)), trans)
  };
}
