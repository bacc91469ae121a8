/** Plugin: listen to the server's events. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { Changes, type IChanges } from '../api/changes';
import { ICellmillChanges } from './tokens';

export const changesPlugin: JupyterFrontEndPlugin<IChanges> = {
  id: 'cellmill:changes',
  description: 'Hears what the server says has changed.',
  autoStart: true,
  provides: ICellmillChanges,
  activate: app => new Changes(app.serviceManager.events.stream)
};
