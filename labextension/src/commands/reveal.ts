/** Bring a cell before the user's eyes. */
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

type Cell = NotebookPanel['content']['widgets'][number];

/**
 * Open or reveal the notebook, scroll to the cell and select it.
 *
 * Returns false when the notebook is open but the cell is not in it any more.
 */
export function revealCell(
  notebook: string,
  cell: string,
  documents: IDocumentManager,
  tracker: INotebookTracker
): Promise<boolean> {
  return reveal(notebook, ({ model }) => model.id === cell, documents, tracker);
}

/** Open an executed notebook, and bring the cell that raised before the user's eyes. Returns false where none did. */
export function revealFailed(
  notebook: string,
  documents: IDocumentManager,
  tracker: INotebookTracker
): Promise<boolean> {
  return reveal(notebook, hasRaised, documents, tracker);
}

async function reveal(
  notebook: string,
  isIt: (cell: Cell) => boolean,
  documents: IDocumentManager,
  tracker: INotebookTracker
): Promise<boolean> {
  documents.openOrReveal(notebook);
  const panel = tracker.find(candidate => candidate.context.localPath === notebook);
  if (panel === undefined) {
    return false;
  }
  await panel.context.ready;
  await panel.revealed;
  const index = panel.content.widgets.findIndex(isIt);
  if (index < 0) {
    return false;
  }
  panel.content.deselectAll();
  panel.content.activeCellIndex = index;
  await panel.content.scrollToCell(panel.content.widgets[index], 'center');
  return true;
}

function hasRaised({ model }: Cell): boolean {
  const { outputs } = model.sharedModel.toJSON();
  return (
    model.type === 'code' &&
    ((outputs ?? []) as { output_type?: string }[]).some(output => output.output_type === 'error')
  );
}
