/** A value that others watch. It is replaced, never changed, so a reader may compare by identity. */
import { Signal, type ISignal } from '@lumino/signaling';

export class Watched<S extends object> {
  private readonly _changed = new Signal<this, S>(this);

  constructor(private _now: S) {}

  get now(): S {
    return this._now;
  }

  get changed(): ISignal<this, S> {
    return this._changed;
  }

  protected put(part: Partial<S>): void {
    this._now = { ...this._now, ...part };
    this._changed.emit(this._now);
  }
}
