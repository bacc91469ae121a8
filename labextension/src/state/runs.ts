/** The runs that are shown, and the one that is open. */
import type { IChanges } from '../api/changes';
import type { IRunsApi } from '../api/runs';
import type { Change, RunDetail, RunList, RunSummary, TrialList } from '../wire/generated';
import { AskAgain } from './again';
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
  /** The searches whose trials stand in the list. */
  readonly expanded: ReadonlySet<string>;
  /** The trials of each search that was looked into. */
  readonly trials: ReadonlyMap<string, IFetched<TrialList>>;
}

export class RunsState extends Watched<IRuns> {
  private readonly list = new Latest<RunList>(list => this.put({ list }));
  private readonly detail = new Latest<RunDetail>(detail => this.takeDetail(detail));
  private readonly trialsOf = new Map<string, Latest<TrialList>>();
  private readonly again = new Burst(() => void this.refresh());
  private readonly whileRunning = new AskAgain(
    () => this.isUnderWay,
    () => void this.refresh()
  );
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
      detail: NOTHING,
      expanded: new Set(),
      trials: new Map()
    });
    this.changed.connect(() => this.whileRunning.call());
    notebook.changed.connect((_, { path }) => this.follow(path));
    notebook.moved.connect(() => this.again.call());
    changes.changed.connect((_, change) => this.hear(change));
  }

  /** Whether a run that is shown is being made or replayed. */
  private get isUnderWay(): boolean {
    const { list, detail } = this.now;
    const shown = [detail.value, ...(list.value?.runs ?? [])];
    return shown.some(run => run !== null && (run.replaying || run.status === 'running'));
  }

  /** Ask again for all that is shown. */
  async refresh(): Promise<void> {
    const { scope, notebook, opened, expanded } = this.now;
    const shown = new Set(this.now.list.value?.runs.map(run => run.run));
    await Promise.all([
      scope === 'notebook' && notebook === null
        ? undefined
        : this.list.ask(() => this.api.list(scope === 'all' ? null : notebook)),
      opened === null ? undefined : this.detail.ask(() => this.api.detail(opened)),
      ...[...expanded].filter(run => shown.has(run)).map(run => this.askTrials(run))
    ]);
  }

  /** Show the trials of a search below it, or hide them. */
  expand(run: string, wanted: boolean): void {
    const expanded = new Set(this.now.expanded);
    if (wanted) {
      expanded.add(run);
      void this.askTrials(run);
    } else {
      expanded.delete(run);
    }
    this.put({ expanded });
  }

  /** Delete a run for good. Throws `Failed`, and then it is still there. */
  async remove(run: string): Promise<void> {
    await this.api.remove(run);
    if (this.now.opened === run || this.now.detail.value?.parent === run) {
      this.close();
    }
    await this.refresh();
  }

  /** Return what is known of a run that is shown somewhere, `null` when it is not. */
  find(run: string): RunSummary | null {
    const { list, detail, trials } = this.now;
    const known = [
      detail.value,
      ...(list.value?.runs ?? []),
      ...[...trials.values()].flatMap(({ value }) => value?.trials ?? [])
    ];
    return known.find(candidate => candidate?.run === run) ?? null;
  }

  /** Ask about a run that need not be shown. Throws `Failed`. */
  lookUp(run: string): Promise<RunSummary> {
    return this.api.detail(run);
  }

  figureAddress(run: string, sha256: string): string {
    return this.api.figureAddress(run, sha256);
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

  private takeDetail(detail: IFetched<RunDetail>): void {
    this.put({ detail });
    if (detail.value !== null && detail.value.trials > 0 && !detail.loading) {
      void this.askTrials(detail.value.run);
    }
  }

  private askTrials(run: string): Promise<void> {
    let latest = this.trialsOf.get(run);
    if (latest === undefined) {
      latest = new Latest<TrialList>(fetched => {
        this.put({ trials: new Map(this.now.trials).set(run, fetched) });
      });
      this.trialsOf.set(run, latest);
    }
    return latest.ask(() => this.api.trials(run));
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
