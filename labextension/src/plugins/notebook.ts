/** Plugin: follow the notebook the user is in. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

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
  const show = (): void => current.show(followed?.context.localPath ?? null);
  const stir = (): void => current.stir();
  const turnTo = (panel: NotebookPanel | null): void => {
    followed?.context.pathChanged.disconnect(show);
    followed?.sessionContext.connectionStatusChanged.disconnect(stir);
    followed = panel;
    followed?.context.pathChanged.connect(show);
    followed?.sessionContext.connectionStatusChanged.connect(stir);
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
