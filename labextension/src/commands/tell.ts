/** What the user is told outside the panels. */
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { troubleOf } from '../api/trouble';
import { adviceLine } from '../panels/advice';
import { LONGEST, shortened } from '../panels/frame/shortened';

const READ_MS = 8000;
const WONDER_MS = 700;

export function tellTrouble(thrown: unknown, trans: TranslationBundle): void {
  tell('error', adviceLine(troubleOf(thrown), trans), trans);
}

/** Something that went wrong elsewhere, in its own words. */
export function tellWarning(message: string, trans: TranslationBundle): void {
  tell('warning', message, trans);
}

export function tellFact(message: string, trans: TranslationBundle): void {
  tell('info', message, trans);
}

/** What is too long to be shown whole has a button that does: what to do about it stands at its end. */
function tell(kind: 'error' | 'warning' | 'info', message: string, trans: TranslationBundle): void {
  if (message.length <= LONGEST) {
    Notification[kind](message, { autoClose: READ_MS });
    return;
  }
  const whole = (): void => {
    void showDialog({
      title: trans.__('Cellmill'),
      body: message,
      buttons: [Dialog.okButton({ label: trans.__('Close') })]
    });
  };
  Notification[kind](shortened(message), {
    autoClose: READ_MS,
    actions: [{ label: trans.__('Read on'), callback: whole }]
  });
}

/** Something that was begun a while ago is done. */
export function tellDone(message: string, action: Notification.IAction): void {
  Notification.success(message, { autoClose: READ_MS, actions: [action] });
}

/** Something that takes a moment: said once it takes long enough to wonder, and again when it is done. */
export interface ITold {
  done(message: string, action: Notification.IAction): void;
  withdraw(): void;
}

export function tellProgress(message: string): ITold {
  let shown: string | null = null;
  const timer = setTimeout(() => {
    shown = Notification.emit(message, 'in-progress', { autoClose: false });
  }, WONDER_MS);
  const withdraw = (): void => {
    clearTimeout(timer);
    if (shown !== null) {
      Notification.dismiss(shown);
    }
  };
  return {
    done: (done, action) => {
      withdraw();
      // A new one: JupyterLab loses an update of what it has not drawn yet (jupyterlab#15558).
      tellDone(done, action);
    },
    withdraw
  };
}

/** Say what is being waited for, but only when it takes long enough to wonder. */
export async function tellWait<T>(message: string, awaited: Promise<T>): Promise<T> {
  const told = tellProgress(message);
  try {
    return await awaited;
  } finally {
    told.withdraw();
  }
}
