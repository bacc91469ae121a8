/** Plugin: the pipelines in the sidebar, and the splitting of a notebook into one. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';
import { CommandToolbarButton, refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';

import type { IChanges } from '../api/changes';
import { PipelinesApi } from '../api/pipelines';
import { requestTo } from '../api/request';
import { SplitsApi } from '../api/splits';
import { CommandIDs } from '../commands/ids';
import { addPipelineCommands } from '../commands/pipelines';
import { revealFailed } from '../commands/reveal';
import { tellDone, tellTrouble } from '../commands/tell';
import { fileName } from '../panels/frame/names';
import { pipelinesListWidget, pipelineWidget } from '../panels/pipelines/widget';
import type { Sidebar } from '../panels/sidebar';
import { splitsWidget } from '../panels/splits/widget';
import type { CurrentNotebook } from '../state/notebook';
import { PipelinesState } from '../state/pipelines';
import { SplitsState } from '../state/splits';
import { documentDoors } from './documents';
import { ICellmillChanges, ICellmillSidebar, ICurrentNotebook } from './tokens';

export const pipelinesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'cellmill:pipelines',
  description: 'Shows pipelines, runs them, and splits notebooks into them.',
  autoStart: true,
  requires: [
    ICellmillSidebar,
    ICurrentNotebook,
    ICellmillChanges,
    IDocumentManager,
    INotebookTracker,
    ITranslator
  ],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    sidebar: Sidebar,
    notebook: CurrentNotebook,
    changes: IChanges,
    documents: IDocumentManager,
    tracker: INotebookTracker,
    translator: ITranslator,
    palette: ICommandPalette | null
  ) => {
    const trans = translator.load('cellmill');
    const { commands, shell, serviceManager } = app;
    const request = requestTo(serviceManager.serverSettings);
    const pipelines = new PipelinesState(new PipelinesApi(request), notebook, changes);
    const openPipeline = (folder: string): void =>
      void commands.execute(CommandIDs.showPipeline, { folder });
    const splits = new SplitsState(
      new SplitsApi(request),
      documentDoors(documents, trans),
      folder => {
        if (splits.now.isOpen && sidebar.isVisible) {
          void pipelines.open(folder);
        } else {
          // Whoever went on to something else is not torn away from it.
          tellDone(trans.__('%1 was split and written.', fileName(folder)), {
            label: trans.__('Show'),
            callback: () => openPipeline(folder)
          });
        }
      },
      changes
    );
    const graph = pipelineWidget(
      pipelines,
      {
        onOpen: path => void documents.openOrReveal(path),
        onOpenFailed: path =>
          void revealFailed(path, documents, tracker).catch((error: unknown) =>
            tellTrouble(error, trans)
          )
      },
      trans
    );
    const wizard = splitsWidget(
      splits,
      {
        onReveal: (path, cell) =>
          void commands.execute(CommandIDs.revealCell, { notebook: path, cell }),
        onOpenPipeline: openPipeline
      },
      trans
    );
    sidebar.addCover(pipelines, ({ opened }) => opened !== null, graph);
    sidebar.addCover(splits, ({ isOpen }) => isOpen, wizard);
    addPipelineCommands(commands, {
      pipelines,
      splits,
      notebook,
      sidebar,
      shell,
      trans
    });
    palette?.addItem({ command: CommandIDs.splitNotebook, category: trans.__('Cellmill') });
    sidebar.addSection({
      title: trans.__('Pipelines'),
      widget: pipelinesListWidget(
        pipelines,
        notebook,
        openPipeline,
        () => void commands.execute(CommandIDs.splitNotebook),
        trans
      ),
      buttons: {
        split: new CommandToolbarButton({ commands, id: CommandIDs.splitNotebook, label: '' }),
        refresh: new ToolbarButton({
          icon: refreshIcon,
          tooltip: trans.__('Refresh pipelines'),
          onClick: () => void pipelines.refresh()
        })
      },
      share: 1
    });
    serviceManager.contents.fileChanged.connect((_, { type, newValue }) => {
      if (type === 'save' && typeof newValue?.path === 'string') {
        pipelines.saved(newValue.path);
      }
    });
    sidebar.seen.connect((_, seen) => pipelines.watch(seen));
    pipelines.watch(sidebar.isVisible);
  }
};
