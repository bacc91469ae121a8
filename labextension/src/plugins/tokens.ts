/** What the plugins share, and other extensions may ask for. */
import { Token } from '@lumino/coreutils';

import type { IChanges } from '../api/changes';
import type { Sidebar } from '../panels/sidebar';
import type { CaptureState } from '../state/capture';
import type { ModelsState } from '../state/models';
import type { CurrentNotebook } from '../state/notebook';
import type { RunsState } from '../state/runs';

export const ICellmillChanges = new Token<IChanges>(
  'cellmill:IChanges',
  'What the server says has changed.'
);

export const ICurrentNotebook = new Token<CurrentNotebook>(
  'cellmill:ICurrentNotebook',
  'The notebook the user is in.'
);

export const ICellmillSidebar = new Token<Sidebar>(
  'cellmill:ISidebar',
  'The sidebar, to which sections can be added.'
);

export const IRunsState = new Token<RunsState>(
  'cellmill:IRunsState',
  'The runs that are shown, and the one that is open.'
);

export const IModelsState = new Token<ModelsState>(
  'cellmill:IModelsState',
  'The registered models.'
);

export const ICaptureState = new Token<CaptureState>(
  'cellmill:ICaptureState',
  'Whether the current notebook is captured.'
);
