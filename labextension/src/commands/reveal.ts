/** Bring a cell before the user's eyes. */
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker } from '@jupyterlab/notebook';

/**
 * Open or reveal the notebook, scroll to the cell and select it.
 *
 * Returns false when the notebook is open but the cell is not in it any more.
 */
export async function revealCell(
  notebook: string,
  cell: string,
  documents: IDocumentManager,
  tracker: INotebookTracker
): Promise<boolean> {
  documents.openOrReveal(notebook);
  const panel = tracker.find(candidate => candidate.context.localPath === notebook);
  if (panel === undefined) {
    return false;
  }
  await panel.revealed;
  const index = panel.content.widgets.findIndex(widget => widget.model.id === cell);
  if (index < 0) {
    return false;
  }
  panel.content.deselectAll();
  panel.content.activeCellIndex = index;
  await panel.content.scrollToCell(panel.content.widgets[index], 'center');
  return true;
}
