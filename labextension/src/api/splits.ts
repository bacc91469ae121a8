/** A notebook that is to become a pipeline. */
import type { SplitAnswered, SplitAsked } from '../wire/generated';
import type { Request } from './request';

export interface ISplitsApi {
  /** How the split of a notebook stands. */
  standing(notebook: string): Promise<SplitAnswered>;
  /** Look where borders may stand, or try some and write the pipeline. */
  ask(asked: SplitAsked): Promise<SplitAnswered>;
  cancel(notebook: string): Promise<SplitAnswered>;
}

export class SplitsApi implements ISplitsApi {
  constructor(private readonly request: Request) {}

  standing(notebook: string): Promise<SplitAnswered> {
    return this.request(['splits'], { query: { notebook } });
  }

  ask(asked: SplitAsked): Promise<SplitAnswered> {
    return this.request(['splits'], { method: 'POST', body: asked });
  }

  cancel(notebook: string): Promise<SplitAnswered> {
    return this.request(['splits'], { method: 'DELETE', query: { notebook } });
  }
}
