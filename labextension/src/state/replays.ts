/** Replays that this browser asked for, until they are over. What they found stands with the runs. */
import { Signal, type ISignal } from '@lumino/signaling';

import type { IReplaysApi } from '../api/replays';
import type { RunSummary, WireRecipe } from '../wire/generated';
import type { RunsState } from './runs';

export class ReplaysState {
  private readonly awaited = new Set<string>();
  private readonly _failed = new Signal<this, RunSummary>(this);

  constructor(
    private readonly api: IReplaysApi,
    private readonly runs: RunsState
  ) {
    runs.changed.connect(() => this.look());
  }

  /** A replay that was asked for here ended without a judgement: `replay_problem` says why. */
  get failed(): ISignal<this, RunSummary> {
    return this._failed;
  }

  /** Throws `Failed`. */
  recipe(run: string): Promise<WireRecipe> {
    return this.api.recipe(run);
  }

  /** Throws `Failed`, and then nothing was begun. */
  async start(run: string): Promise<void> {
    await this.api.start(run);
    await this.await([run]);
  }

  async startAll(notebook: string): Promise<void> {
    const { runs } = await this.api.startAll(notebook);
    await this.await(runs);
  }

  async cancel(run: string): Promise<void> {
    await this.api.cancel(run);
    await this.runs.refresh();
  }

  async cancelAll(notebook: string): Promise<void> {
    await this.api.cancelAll(notebook);
    await this.runs.refresh();
  }

  /** What is known of them is of before they began: only after an answer they are looked at. */
  private async await(runs: readonly string[]): Promise<void> {
    await this.runs.refresh();
    runs.forEach(run => this.awaited.add(run));
    this.look();
  }

  private look(): void {
    const { list, detail } = this.runs.now;
    if (list.loading || detail.loading || list.trouble !== null) {
      return; // what is there may be of before they began; each answer leads here again
    }
    for (const run of [...this.awaited]) {
      const found = this.runs.find(run);
      if (found !== null && !found.replaying) {
        this.awaited.delete(run);
        if (found.replay_problem !== null) {
          this._failed.emit(found);
        }
      }
    }
  }
}
