/** The runs that are shown, and the one that is open. */
import type { IChanges } from '../api/changes';
import type { IRunsApi } from '../api/runs';
import type { Change, RunDetail, RunList, RunSummary } from '../wire/generated';
import { Burst } from './burst';
import { Latest, NOTHING, type IFetched } from './latest';
import type { CurrentNotebook } from './notebook';
import { Watched } from './watched';

export type Scope = 'notebook' | 'all';

export interface IRunsPreferences {
  readonly metricsPerRow: number;
  readonly scope: Scope;
}

export interface IRuns {
  readonly scope: Scope;
  readonly notebook: string | null;
  readonly metricsPerRow: number;
  readonly list: IFetched<RunList>;
  /** The run whose details are shown. */
  readonly opened: string | null;
  readonly detail: IFetched<RunDetail>;
}

export class RunsState extends Watched<IRuns> {
  private readonly list = new Latest<RunList>(list => this.put({ list }));
  private readonly detail = new Latest<RunDetail>(detail => this.put({ detail }));
  private readonly again = new Burst(() => void this.refresh());
  private scopeChosen = false;

  constructor(
    private readonly api: IRunsApi,
    notebook: CurrentNotebook,
    changes: IChanges
  ) {
    super({
      scope: 'notebook',
      notebook: notebook.now.path,
      metricsPerRow: 3,
      list: NOTHING,
      opened: null,
      detail: NOTHING
    });
    notebook.changed.connect((_, { path }) => this.follow(path));
    notebook.moved.connect(() => this.again.call());
    changes.changed.connect((_, change) => this.hear(change));
  }

  /** Ask again for all that is shown. */
  async refresh(): Promise<void> {
    const { scope, notebook, opened } = this.now;
    await Promise.all([
      scope === 'notebook' && notebook === null
        ? undefined
        : this.list.ask(() => this.api.list(scope === 'all' ? null : notebook)),
      opened === null ? undefined : this.detail.ask(() => this.api.detail(opened))
    ]);
  }

  choose(scope: Scope): void {
    this.scopeChosen = true;
    this.limitTo(scope);
  }

  /** Take the user's settings. They give the scope only until the user chose one by hand. */
  prefer({ metricsPerRow, scope }: IRunsPreferences): void {
    this.put({ metricsPerRow });
    if (!this.scopeChosen) {
      this.limitTo(scope);
    }
  }

  open(run: string): void {
    if (run !== this.now.opened) {
      this.detail.forget();
      this.put({ opened: run });
    }
    void this.detail.ask(() => this.api.detail(run));
  }

  close(): void {
    this.detail.forget();
    this.put({ opened: null });
  }

  private limitTo(scope: Scope): void {
    if (scope === this.now.scope) {
      return;
    }
    this.put({ scope });
    this.startOver();
  }

  /** An open run stays open: a click on one of its cells may be what brought the other notebook. */
  private follow(notebook: string | null): void {
    this.put({ notebook });
    if (this.now.scope === 'notebook') {
      this.startOver();
    }
  }

  private startOver(): void {
    this.list.forget();
    void this.refresh();
  }

  private hear({ subject, notebook }: Change): void {
    const { scope, notebook: shown, opened } = this.now;
    const concerned = notebook === null || scope === 'all' || notebook === shown || opened !== null;
    if (subject === 'runs' && concerned) {
      this.again.call();
    }
  }
}

/** Return the newest run that can be registered, `null` when there is none. */
export function newestWithModel(list: RunList | null): RunSummary | null {
  return list?.runs.find(run => run.has_model) ?? null;
}
