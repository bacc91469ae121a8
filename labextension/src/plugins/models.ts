/** Plugin: the registered models, in the sidebar. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator } from '@jupyterlab/translation';
import { refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';

import type { IChanges } from '../api/changes';
import { ModelsApi } from '../api/models';
import { requestTo } from '../api/request';
import { CommandIDs } from '../commands/ids';
import { addModelCommands } from '../commands/models';
import { modelsListWidget } from '../panels/models/widget';
import type { Sidebar } from '../panels/sidebar';
import { ModelsState } from '../state/models';
import type { CurrentNotebook } from '../state/notebook';
import type { RunsState } from '../state/runs';
import {
  ICellmillChanges,
  ICellmillSidebar,
  ICurrentNotebook,
  IModelsState,
  IRunsState
} from './tokens';

export const modelsPlugin: JupyterFrontEndPlugin<ModelsState> = {
  id: 'cellmill:models',
  description: 'Shows the registered models, and registers one more version.',
  autoStart: true,
  requires: [ICellmillSidebar, ICurrentNotebook, ICellmillChanges, IRunsState, ITranslator],
  optional: [ICommandPalette],
  provides: IModelsState,
  activate: (
    app: JupyterFrontEnd,
    sidebar: Sidebar,
    notebook: CurrentNotebook,
    changes: IChanges,
    runs: RunsState,
    translator: ITranslator,
    palette: ICommandPalette | null
  ) => {
    const trans = translator.load('cellmill');
    const { commands, serviceManager } = app;
    const models = new ModelsState(
      new ModelsApi(requestTo(serviceManager.serverSettings)),
      notebook,
      changes
    );
    addModelCommands(commands, { models, runs, trans });
    palette?.addItem({ command: CommandIDs.registerLatest, category: trans.__('Cellmill') });
    sidebar.addSection({
      title: trans.__('Models'),
      widget: modelsListWidget(
        models,
        run => void commands.execute(CommandIDs.showRun, { run }),
        trans
      ),
      buttons: {
        refresh: new ToolbarButton({
          icon: refreshIcon,
          tooltip: trans.__('Refresh models'),
          onClick: () => void models.refresh()
        })
      },
      share: 1
    });
    sidebar.seen.connect((_, seen) => models.look(seen));
    models.look(sidebar.isVisible);
    return models;
  }
};
