/** Plugin: in the notebook, mark the cells that made the run which is open in the sidebar. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';

import { markCell } from '../panels/notebook/marks';
import { Burst } from '../state/burst';
import { marksOf } from '../state/cells';
import type { CurrentNotebook } from '../state/notebook';
import type { RunsState } from '../state/runs';
import { ICurrentNotebook, IRunsState } from './tokens';

export const marksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'cellmill:marks',
  description: 'Marks the cells of the notebook that made the open run.',
  autoStart: true,
  requires: [INotebookTracker, ICurrentNotebook, IRunsState, ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    tracker: INotebookTracker,
    notebook: CurrentNotebook,
    runs: RunsState,
    translator: ITranslator
  ) => {
    const trans = translator.load('cellmill');
    let marked: NotebookPanel | null = null;
    const mark = (): void => {
      const run = runs.now.detail.value;
      const marks = marksOf(run, notebook.cells.now);
      for (const { model, node } of marked?.isDisposed === false ? marked.content.widgets : []) {
        markCell(node, marks.get(model.id), run, trans);
      }
    };
    // A cell that is moved, or comes back, gets a new node.
    const again = new Burst(mark);
    const glance = (): void => again.call();
    const turnTo = (panel: NotebookPanel | null): void => {
      if (marked !== null && !marked.isDisposed) {
        marked.content.modelContentChanged.disconnect(glance);
        marked.content.widgets.forEach(({ node }) => markCell(node, undefined, null, trans));
      }
      marked = panel;
      marked?.content.modelContentChanged.connect(glance);
      mark();
    };
    tracker.currentChanged.connect((_, panel) => turnTo(panel));
    notebook.cells.changed.connect(mark);
    runs.changed.connect(mark);
    turnTo(tracker.currentWidget);
  }
};
