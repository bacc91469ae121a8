/** Plugin: run the current notebook with other parameters. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IThemeManager } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { ITranslator } from '@jupyterlab/translation';

import type { IChanges } from '../api/changes';
import { ParametersApi } from '../api/parameters';
import { addressIn, requestTo } from '../api/request';
import { CommandIDs } from '../commands/ids';
import { addParameterCommands } from '../commands/parameters';
import { parametersWidget } from '../panels/parameters/widget';
import type { Sidebar } from '../panels/sidebar';
import type { CurrentNotebook } from '../state/notebook';
import { ParametersState } from '../state/parameters';
import { documentDoors } from './documents';
import { ICellmillChanges, ICellmillSidebar, ICurrentNotebook } from './tokens';

export const parametersPlugin: JupyterFrontEndPlugin<void> = {
  id: 'cellmill:parameters',
  description: 'Runs the current notebook with other parameters.',
  autoStart: true,
  requires: [ICellmillSidebar, ICurrentNotebook, ICellmillChanges, IDocumentManager, ITranslator],
  optional: [ICommandPalette, IThemeManager],
  activate: (
    app: JupyterFrontEnd,
    sidebar: Sidebar,
    notebook: CurrentNotebook,
    changes: IChanges,
    documents: IDocumentManager,
    translator: ITranslator,
    palette: ICommandPalette | null,
    themes: IThemeManager | null
  ) => {
    const trans = translator.load('cellmill');
    const { commands, shell, serviceManager } = app;
    const settings = serviceManager.serverSettings;
    const api = new ParametersApi(requestTo(settings), addressIn(settings));
    const parameters = new ParametersState(api, documentDoors(documents, trans), changes);
    const form = parametersWidget(
      parameters,
      {
        onOpen: path => void documents.openOrReveal(path),
        onReveal: (path, cell) =>
          void commands.execute(CommandIDs.revealCell, { notebook: path, cell }),
        onPicture: ({ sweep, metric, axes }) =>
          void commands.execute(CommandIDs.showSweep, {
            sweep,
            name: trans.__('%1 over %2', metric, axes.join(', '))
          })
      },
      trans
    );
    sidebar.addCover(parameters, ({ isOpen }) => isOpen, form);
    addParameterCommands(commands, {
      parameters,
      notebook,
      sidebar,
      shell,
      themes,
      trans
    });
    palette?.addItem({ command: CommandIDs.runWithParameters, category: trans.__('Cellmill') });
  }
};
