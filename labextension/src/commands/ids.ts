/** Every command, so that panels, plugins and other extensions name them alike. */
import type { JupyterFrontEnd } from '@jupyterlab/application';

export type Commands = JupyterFrontEnd['commands'];

export const CommandIDs = {
  show: 'cellmill:show',
  refresh: 'cellmill:refresh',
  /** Arguments: `run`. */
  showRun: 'cellmill:show-run',
  /** Arguments: `notebook`, `cell`. */
  revealCell: 'cellmill:reveal-cell',
  /** Arguments: `run`; from a context menu none. */
  deleteRun: 'cellmill:delete-run',
  /** Arguments: `address`, `name`. */
  showFigure: 'cellmill:show-figure',
  /** Arguments: `run`; or `from`, the `menu` of a row or the `palette`. So do the next two. */
  replay: 'cellmill:replay-run',
  cancelReplay: 'cellmill:cancel-replay',
  openRecipe: 'cellmill:open-recipe',
  replayAll: 'cellmill:replay-notebook',
  toggleCapture: 'cellmill:toggle-capture',
  /** Arguments: `run`. */
  register: 'cellmill:register-run',
  runWithParameters: 'cellmill:run-with-parameters',
  /** Arguments: `sweep`, `name`. */
  showSweep: 'cellmill:show-sweep',
  splitNotebook: 'cellmill:split-notebook',
  /** Arguments: `folder`. */
  showPipeline: 'cellmill:show-pipeline',
  registerLatest: 'cellmill:register-latest-run'
} as const;
