/** The command that pauses capture and resumes it. */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { CaptureState } from '../state/capture';
import { taking } from './args';
import { CommandIDs, type Commands } from './ids';
import { tellFact, tellTrouble } from './tell';

export function addCaptureCommands(
  commands: Commands,
  capture: CaptureState,
  trans: TranslationBundle
): void {
  commands.addCommand(CommandIDs.toggleCapture, {
    label: () =>
      capture.now.status.value?.capture === 'paused'
        ? trans.__('Resume Capture of This Notebook')
        : trans.__('Pause Capture of This Notebook'),
    describedBy: { args: taking() },
    isEnabled: () => capture.canToggle,
    execute: async () => {
      try {
        await capture.toggle();
      } catch (error) {
        tellTrouble(error, trans);
      }
    }
  });
  capture.changed.connect(() => commands.notifyCommandChanged(CommandIDs.toggleCapture));
}

/** What a press on the status bar does: toggle where that is possible, else say why not. */
export function pressCapture(
  commands: Commands,
  capture: CaptureState,
  trans: TranslationBundle
): void {
  const { status, asking } = capture.now;
  if (capture.canToggle) {
    void commands.execute(CommandIDs.toggleCapture);
  } else if (status.value?.capture === 'off') {
    tellFact(status.value.reason ?? trans.__('This notebook is not captured.'), trans);
  } else if (status.value?.capture === 'none') {
    tellFact(trans.__('Capture starts with the notebook’s kernel.'), trans);
  } else if (!asking) {
    void capture.refresh();
  }
}
