/** Recipes and replays of runs, asked from the server. */
import type { WireRecipe, WireReplays } from '../wire/generated';
import type { Request } from './request';

export interface IReplaysApi {
  /** The smallest clean notebook that makes a run again. */
  recipe(run: string): Promise<WireRecipe>;
  /** Replay a run; others may come before it. */
  start(run: string): Promise<WireReplays>;
  cancel(run: string): Promise<WireReplays>;
  /** Replay every run of a notebook. */
  startAll(notebook: string): Promise<WireReplays>;
  cancelAll(notebook: string): Promise<WireReplays>;
}

export class ReplaysApi implements IReplaysApi {
  constructor(private readonly request: Request) {}

  recipe(run: string): Promise<WireRecipe> {
    return this.request(['runs', run, 'recipe']);
  }

  start(run: string): Promise<WireReplays> {
    return this.request(['runs', run, 'replay'], { method: 'POST' });
  }

  cancel(run: string): Promise<WireReplays> {
    return this.request(['runs', run, 'replay'], { method: 'DELETE' });
  }

  startAll(notebook: string): Promise<WireReplays> {
    return this.request(['replays'], { method: 'POST', body: { notebook } });
  }

  cancelAll(notebook: string): Promise<WireReplays> {
    return this.request(['replays'], { method: 'DELETE', query: { notebook } });
  }
}
