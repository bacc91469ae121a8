/** The notebook the user is in. Told by a plugin; this side knows no widgets. */
import { Signal, type ISignal } from '@lumino/signaling';

import { NotebookCells } from './cells';
import { Watched } from './watched';

export interface INotebook {
  /** Contents path, relative to the server's root. `null` when no notebook is open. */
  readonly path: string | null;
}

/** Return the folder of a notebook, `null` where there is none. What lies in one folder is of one project. */
export function folderOf(path: string | null): string | null {
  return path === null ? null : path.slice(0, path.lastIndexOf('/') + 1);
}

export class CurrentNotebook extends Watched<INotebook> {
  /** Its cells: they change far more often than the notebook does. */
  readonly cells = new NotebookCells();

  private readonly _moved = new Signal<this, void>(this);

  constructor() {
    super({ path: null });
  }

  /** A cell ended, or a kernel came: what the server knows of this notebook may have changed. */
  get moved(): ISignal<this, void> {
    return this._moved;
  }

  show(path: string | null): void {
    if (path !== this.now.path) {
      this.put({ path });
    }
  }

  stir(): void {
    this._moved.emit();
  }
}
