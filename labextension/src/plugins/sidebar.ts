/** Plugin: the sidebar itself, still empty. */
import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator } from '@jupyterlab/translation';

import { CommandIDs } from '../commands/ids';
import { addSidebarCommands } from '../commands/sidebar';
import { Sidebar } from '../panels/sidebar';
import { ICellmillSidebar } from './tokens';

/** Below the file browser and the running kernels, above the extension manager. */
const RANK = 300;

export const sidebarPlugin: JupyterFrontEndPlugin<Sidebar> = {
  id: 'cellmill:sidebar',
  description: 'The sidebar in which runs and models are shown.',
  autoStart: true,
  requires: [ITranslator],
  optional: [ICommandPalette, ILayoutRestorer],
  provides: ICellmillSidebar,
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = translator.load('cellmill');
    const sidebar = new Sidebar(translator);
    app.shell.add(sidebar, 'left', { rank: RANK });
    restorer?.add(sidebar, sidebar.id);
    addSidebarCommands(app.commands, sidebar, app.shell, trans);
    palette?.addItem({ command: CommandIDs.show, category: trans.__('Cellmill') });
    return sidebar;
  }
};
