/** Everything that may come back instead of an answer, as one tagged union. */
import { ServerConnection } from '@jupyterlab/services';

import type { WireError } from '../wire/generated';

/** The request never came back: the server is gone, or the network. */
export interface IOffline {
  kind: 'offline';
  message: string;
}

/** Jupyter, or a proxy before it, does not let this user in. */
export interface IForbidden {
  kind: 'forbidden';
  status: number;
  message: string;
}

/** Jupyter answers, but knows no Cellmill: its server extension is not switched on. */
export interface INotInstalled {
  kind: 'not_installed';
  message: string;
}

/** An answer that is not in our words, for instance a proxy's error page. */
export interface IUnreadable {
  kind: 'unreadable';
  status: number;
  message: string;
}

/** Jupyter itself could not do what was asked of it, such as to write a file. */
export interface IRefused {
  kind: 'refused';
  status: number;
  message: string;
}

/** An open document had to be saved first, and was not. */
export interface INotSaved {
  kind: 'not_saved';
  path: string;
  message: string;
}

export type Trouble =
  WireError | IOffline | IForbidden | INotInstalled | IUnreadable | IRefused | INotSaved;

/** What JupyterLab rejects with when the user does not go on with its own question. */
const CANCELLED: ReadonlySet<string> = new Set(['ModalCancelError', 'ModalDuplicateError']);

/** Thrown by everything in `api`; the facts are in `trouble`. */
export class Failed extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.message);
    this.name = 'Failed';
  }
}

/** Return what went wrong, for whatever was thrown. A fault of ours counts as internal. */
export function troubleOf(thrown: unknown): Trouble {
  if (thrown instanceof Failed) {
    return thrown.trouble;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof ServerConnection.ResponseError) {
    const { status } = thrown.response;
    return { kind: status === 401 || status === 403 ? 'forbidden' : 'refused', status, message };
  }
  if (thrown instanceof ServerConnection.NetworkError) {
    return { kind: 'offline', message };
  }
  return { kind: 'internal', message };
}

/** Return what JupyterLab threw instead of saving a document, as a trouble. */
export function notSaved(path: string, thrown: unknown): Failed {
  const isCancelled = thrown instanceof Error && CANCELLED.has(thrown.name);
  const trouble = troubleOf(thrown);
  return new Failed(
    isCancelled || trouble.kind === 'internal'
      ? { kind: 'not_saved', path, message: isCancelled ? '' : trouble.message }
      : trouble
  );
}
