/** Plugin: whether the current notebook is captured, in the status bar. */
import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { CaptureApi } from '../api/capture';
import type { IChanges } from '../api/changes';
import { requestTo } from '../api/request';
import { addCaptureCommands, pressCapture } from '../commands/capture';
import { CommandIDs } from '../commands/ids';
import { captureWidget } from '../panels/capture/widget';
import { CaptureState } from '../state/capture';
import type { CurrentNotebook } from '../state/notebook';
import { ICaptureState, ICellmillChanges, ICurrentNotebook } from './tokens';

const ID = 'cellmill:capture';

export const capturePlugin: JupyterFrontEndPlugin<CaptureState> = {
  id: ID,
  description: 'Shows whether the current notebook is captured, and pauses it.',
  autoStart: true,
  requires: [ICurrentNotebook, ICellmillChanges, INotebookTracker, ITranslator],
  optional: [ICommandPalette, IStatusBar, ILabShell],
  provides: ICaptureState,
  activate: (
    { commands, serviceManager }: JupyterFrontEnd,
    notebook: CurrentNotebook,
    changes: IChanges,
    tracker: INotebookTracker,
    translator: ITranslator,
    palette: ICommandPalette | null,
    statusBar: IStatusBar | null,
    shell: ILabShell | null
  ) => {
    const trans = translator.load('cellmill');
    const capture = new CaptureState(
      new CaptureApi(requestTo(serviceManager.serverSettings)),
      notebook,
      changes
    );
    addCaptureCommands(commands, capture, trans);
    palette?.addItem({ command: CommandIDs.toggleCapture, category: trans.__('Cellmill') });
    const turnedTo = new Signal<object, void>({});
    shell?.currentChanged.connect(() => turnedTo.emit());
    tracker.currentChanged.connect(() => turnedTo.emit());
    statusBar?.registerStatusItem(ID, {
      item: captureWidget(capture, () => pressCapture(commands, capture, trans), trans),
      align: 'left',
      rank: 50,
      // Not `notebook.now.path`: that stays while the user looks at a terminal.
      isActive: () =>
        tracker.currentWidget !== null &&
        (shell === null || shell.currentWidget === tracker.currentWidget),
      activeStateChanged: turnedTo
    });
    return capture;
  }
};
