/** Runs, asked from the server. */
import type { RunDetail, RunList } from '../wire/generated';
import type { Request } from './request';

export interface IRunsApi {
  /** The runs of one notebook, of the whole project when it is `null`; newest first. */
  list(notebook: string | null): Promise<RunList>;
  detail(run: string): Promise<RunDetail>;
}

export class RunsApi implements IRunsApi {
  constructor(private readonly request: Request) {}

  list(notebook: string | null): Promise<RunList> {
    return this.request(['runs'], { query: { notebook } });
  }

  detail(run: string): Promise<RunDetail> {
    return this.request(['runs', run]);
  }
}
