/** Plugin: follow the notebook the user is in. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

import { Burst } from '../state/burst';
import { NO_CELLS, type INotebookCells } from '../state/cells';
import { CurrentNotebook } from '../state/notebook';
import { ICurrentNotebook } from './tokens';

export const notebookPlugin: JupyterFrontEndPlugin<CurrentNotebook> = {
  id: 'cellmill:notebook',
  description: 'Knows the notebook the user is in.',
  autoStart: true,
  requires: [INotebookTracker],
  provides: ICurrentNotebook,
  activate: (_app: JupyterFrontEnd, tracker: INotebookTracker) => {
    const current = new CurrentNotebook();
    follow(tracker, current);
    return current;
  }
};

function follow(tracker: INotebookTracker, current: CurrentNotebook): void {
  let followed: NotebookPanel | null = null;
  const show = (): void => {
    current.show(followed?.context.localPath ?? null);
    current.cells.show(cellsOf(followed));
  };
  const stir = (): void => current.stir();
  const look = new Burst(() => current.cells.show(cellsOf(followed)));
  const glance = (): void => look.call();
  const turnTo = (panel: NotebookPanel | null): void => {
    followed?.context.pathChanged.disconnect(show);
    followed?.sessionContext.connectionStatusChanged.disconnect(stir);
    followed?.content.modelContentChanged.disconnect(glance);
    followed?.content.activeCellChanged.disconnect(glance);
    followed = panel;
    followed?.context.pathChanged.connect(show);
    followed?.sessionContext.connectionStatusChanged.connect(stir);
    followed?.content.modelContentChanged.connect(glance);
    followed?.content.activeCellChanged.connect(glance);
    show();
  };
  tracker.currentChanged.connect((_, panel) => turnTo(panel));
  NotebookActions.executed.connect((_, { notebook }) => {
    if (notebook === followed?.content) {
      stir();
    }
  });
  turnTo(tracker.currentWidget);
}

function cellsOf(panel: NotebookPanel | null): INotebookCells {
  if (panel === null || panel.isDisposed) {
    return NO_CELLS;
  }
  const { widgets, activeCell } = panel.content;
  const code = widgets.filter(({ model }) => model.type === 'code');
  return {
    path: panel.context.localPath,
    sources: new Map(code.map(({ model }) => [model.id, model.sharedModel.getSource()])),
    chosen: activeCell?.model.type === 'code' ? activeCell.model.id : null,
    keepsIds: keepsIds(panel)
  };
}

/** Since format 4.5 cells have ids in the file. */
function keepsIds({ content: { model } }: NotebookPanel): boolean {
  const [major, minor] = [model?.nbformat ?? 4, model?.nbformatMinor ?? 5];
  return major > 4 || (major === 4 && minor >= 5);
}
