/** Plugin: the runs, in the sidebar. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';
import { CommandToolbarButton, refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';

import type { IChanges } from '../api/changes';
import { addressIn, requestTo } from '../api/request';
import { ReplaysApi } from '../api/replays';
import { RunsApi } from '../api/runs';
import { CommandIDs } from '../commands/ids';
import { addReplayCommands } from '../commands/replays';
import { addRunCommands } from '../commands/runs';
import { figureWords } from '../panels/runs/figures';
import { runDetailWidget, runsListWidget } from '../panels/runs/widget';
import type { Sidebar } from '../panels/sidebar';
import type { CurrentNotebook } from '../state/notebook';
import { ReplaysState } from '../state/replays';
import { RunsState } from '../state/runs';
import { ICellmillChanges, ICellmillSidebar, ICurrentNotebook, IRunsState } from './tokens';

const ID = 'cellmill:runs';

export const runsPlugin: JupyterFrontEndPlugin<RunsState> = {
  id: ID,
  description: 'Shows the runs of the current notebook.',
  autoStart: true,
  requires: [
    ICellmillSidebar,
    ICurrentNotebook,
    ICellmillChanges,
    IDocumentManager,
    INotebookTracker,
    ITranslator
  ],
  optional: [ICommandPalette, ISettingRegistry],
  provides: IRunsState,
  activate: (
    app: JupyterFrontEnd,
    sidebar: Sidebar,
    notebook: CurrentNotebook,
    changes: IChanges,
    documents: IDocumentManager,
    tracker: INotebookTracker,
    translator: ITranslator,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null
  ) => {
    const trans = translator.load('cellmill');
    const { commands, shell, serviceManager } = app;
    const request = requestTo(serviceManager.serverSettings);
    const runs = new RunsState(
      new RunsApi(request, addressIn(serviceManager.serverSettings)),
      notebook,
      changes
    );
    const runOfMenu = (): string | undefined =>
      app.contextMenuHitTest(node => node.dataset.run !== undefined)?.dataset.run;
    const onDelete = (run: string): void => void commands.execute(CommandIDs.deleteRun, { run });
    addRunCommands(commands, {
      runs,
      sidebar,
      shell,
      documents,
      tracker,
      trans,
      runOfMenu
    });
    const replays = new ReplaysState(new ReplaysApi(request), runs);
    addReplayCommands(commands, { runs, replays, documents, trans, runOfMenu });
    const aboutOne = [CommandIDs.replay, CommandIDs.cancelReplay, CommandIDs.openRecipe];
    for (const command of [...aboutOne, CommandIDs.deleteRun]) {
      app.contextMenu.addItem({
        command,
        args: command === CommandIDs.deleteRun ? {} : { from: 'menu' },
        selector: '.cellmill-Row[data-run]'
      });
    }
    const category = trans.__('Cellmill');
    palette?.addItem({ command: CommandIDs.refresh, category });
    palette?.addItem({ command: CommandIDs.replayAll, category });
    aboutOne.forEach(command => palette?.addItem({ command, category, args: { from: 'palette' } }));
    sidebar.addSection({
      title: trans.__('Runs'),
      widget: runsListWidget(runs, notebook.cells, onDelete, trans),
      buttons: {
        replayAll: new CommandToolbarButton({ commands, id: CommandIDs.replayAll, label: '' }),
        refresh: new ToolbarButton({
          icon: refreshIcon,
          tooltip: trans.__('Refresh runs'),
          onClick: () => void commands.execute(CommandIDs.refresh)
        })
      },
      share: 2
    });
    const detail = runDetailWidget(
      runs,
      notebook.cells,
      {
        onRegister: run => void commands.execute(CommandIDs.register, { run }),
        onDelete,
        onReplay: run => void commands.execute(CommandIDs.replay, { run }),
        onCancelReplay: run => void commands.execute(CommandIDs.cancelReplay, { run }),
        onRecipe: run => void commands.execute(CommandIDs.openRecipe, { run }),
        onFigure: (run, figure) =>
          void commands.execute(CommandIDs.showFigure, {
            address: runs.figureAddress(run, figure.sha256),
            name: figureWords(figure, trans)
          }),
        onReveal: (path, cell) =>
          void commands.execute(CommandIDs.revealCell, { notebook: path, cell }),
        onCopy: text => Clipboard.copyToSystem(text)
      },
      trans
    );
    sidebar.addCover(runs, ({ opened }) => opened !== null, detail);
    void runs.refresh();
    void followSettings(registry, runs);
    return runs;
  }
};

async function followSettings(registry: ISettingRegistry | null, runs: RunsState): Promise<void> {
  const settings = await registry?.load(ID);
  const apply = (): void => {
    if (settings !== undefined) {
      runs.prefer({
        metricsPerRow: Number(settings.get('metricsPerRow').composite),
        scope: settings.get('scope').composite === 'all' ? 'all' : 'notebook'
      });
    }
  };
  apply();
  settings?.changed.connect(apply);
}
