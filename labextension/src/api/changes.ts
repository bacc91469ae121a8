/** What the server tells every open browser on Jupyter's own event stream: something is new, ask again. */
import { Signal, type ISignal } from '@lumino/signaling';

import type { Change } from '../wire/generated';
import { isChange } from '../wire/guards';

export interface IChanges {
  readonly changed: ISignal<IChanges, Change>;
}

export class Changes implements IChanges {
  private readonly _changed = new Signal<this, Change>(this);

  constructor(stream: ISignal<unknown, unknown>) {
    stream.connect((_, emission) => {
      if (isChange(emission)) {
        this._changed.emit(emission);
      }
    });
  }

  get changed(): ISignal<this, Change> {
    return this._changed;
  }
}
