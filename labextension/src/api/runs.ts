/** Runs, asked from the server. */
import type { RunDetail, RunList, RunRemoved, TrialList } from '../wire/generated';
import type { Address, Request } from './request';

export interface IRunsApi {
  /** The runs of one notebook, of the whole project when it is `null`; newest first. */
  list(notebook: string | null): Promise<RunList>;
  detail(run: string): Promise<RunDetail>;
  /** The trials of a search, in the order they began. */
  trials(run: string): Promise<TrialList>;
  /** Delete a run, and of a search its trials. */
  remove(run: string): Promise<RunRemoved>;
  /** Where a picture of a run can be had. */
  figureAddress(run: string, sha256: string): string;
}

export class RunsApi implements IRunsApi {
  constructor(
    private readonly request: Request,
    private readonly address: Address
  ) {}

  list(notebook: string | null): Promise<RunList> {
    return this.request(['runs'], { query: { notebook } });
  }

  detail(run: string): Promise<RunDetail> {
    return this.request(['runs', run]);
  }

  trials(run: string): Promise<TrialList> {
    return this.request(['runs', run, 'trials']);
  }

  remove(run: string): Promise<RunRemoved> {
    return this.request(['runs', run], { method: 'DELETE' });
  }

  figureAddress(run: string, sha256: string): string {
    return this.address(['runs', run, 'figures', sha256]);
  }
}
