/** Everything that may come back instead of an answer, as one tagged union. */
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

export type Trouble = WireError | IOffline | IForbidden | INotInstalled | IUnreadable;

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
  return { kind: 'internal', message: thrown instanceof Error ? thrown.message : String(thrown) };
}
