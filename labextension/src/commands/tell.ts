/** What the user is told outside the panels. */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { troubleOf } from '../api/trouble';
import { adviceLine } from '../panels/advice';

const READ_MS = 8000;
const WONDER_MS = 700;

export function tellTrouble(thrown: unknown, trans: TranslationBundle): void {
  Notification.error(adviceLine(troubleOf(thrown), trans), { autoClose: READ_MS });
}

/** Something that went wrong elsewhere, in its own words. */
export function tellWarning(message: string): void {
  Notification.warning(message, { autoClose: READ_MS });
}

export function tellFact(message: string): void {
  Notification.info(message, { autoClose: READ_MS });
}

/** Something that takes a moment: said at once, and again when it is done. */
export interface ITold {
  done(message: string, action: Notification.IAction): void;
  withdraw(): void;
}

export function tellProgress(message: string): ITold {
  const id = Notification.emit(message, 'in-progress', { autoClose: false });
  return {
    done: (done, action) => {
      Notification.update({
        id,
        message: done,
        type: 'success',
        autoClose: READ_MS,
        actions: [action]
      });
    },
    withdraw: () => Notification.dismiss(id)
  };
}

/** Say what is being waited for, but only when it takes long enough to wonder. */
export async function tellWait<T>(message: string, awaited: Promise<T>): Promise<T> {
  let told: ITold | null = null;
  const timer = setTimeout(() => {
    told = tellProgress(message);
  }, WONDER_MS);
  try {
    return await awaited;
  } finally {
    clearTimeout(timer);
    (told as ITold | null)?.withdraw();
  }
}
