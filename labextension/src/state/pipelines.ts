/** The pipelines of the project, and the one whose graph is shown. */
import type { IChanges } from '../api/changes';
import type { IPipelinesApi } from '../api/pipelines';
import { troubleOf, type Trouble } from '../api/trouble';
import type {
  PipelineAnswered,
  PipelineList,
  WirePipeline,
  WirePipelineRun,
  WireStanding,
  WireStep
} from '../wire/generated';
import { AskAgain } from './again';
import { Burst } from './burst';
import { Latest, NOTHING, type IFetched } from './latest';
import { folderOf, type CurrentNotebook } from './notebook';
import { Watched } from './watched';

export interface IPipelines {
  readonly list: IFetched<PipelineList>;
  /** The folder of the pipeline that is shown. */
  readonly opened: string | null;
  readonly graph: IFetched<WirePipeline>;
  /** The run that was asked for here or in another browser: under way, or the last one. */
  readonly run: WirePipelineRun | null;
  /** An answer is awaited. */
  readonly asking: boolean;
  readonly trouble: Trouble | null;
}

/** How a step stands: while the pipeline runs in that run, else by what would run. */
export type StepStage = WireStanding['state'] | 'runs' | 'may';

/** All that a node of the graph says. */
export interface IStepNow {
  readonly stage: StepStage;
  readonly why: readonly string[];
  /** The run's own facts, `null` where it has none of this step. */
  readonly standing: WireStanding | null;
  /** The executed notebook. */
  readonly output: string | null;
  readonly error: string | null;
}

/** Every step's state would be asked for at each cell of a run: a list can wait. */
const LIST_WAIT_MS = 1500;
const FAILED: ReadonlySet<WireStep['outcome']> = new Set(['failed', 'died', 'timed out']);

export class PipelinesState extends Watched<IPipelines> {
  private readonly list = new Latest<PipelineList>(list => this.put({ list }));
  private readonly graph = new Latest<WirePipeline>(graph => this.takeGraph(graph));
  private readonly listAgain = new Burst(() => this.refreshListIfSeen(), LIST_WAIT_MS);
  private readonly again = new Burst(() => void this.look());
  private readonly whileRunning = new AskAgain(
    () => this.isRunning,
    () => void this.look()
  );
  private readonly graphAgain = new Burst(() => void this.refreshGraph());
  private seen = false;
  private stale = true;
  private folder: string | null;
  /** What went wrong when it was looked how a run stands: over when that can be told again. */
  private unseen: Trouble | null = null;

  constructor(
    private readonly api: IPipelinesApi,
    private readonly notebook: CurrentNotebook,
    changes: IChanges
  ) {
    super({
      list: NOTHING,
      opened: null,
      graph: NOTHING,
      run: null,
      asking: false,
      trouble: null
    });
    this.folder = folderOf(notebook.now.path);
    notebook.changed.connect((_, { path }) => this.follow(path));
    this.changed.connect(() => this.whileRunning.call());
    changes.changed.connect((_, { subject }) => {
      if (subject === 'pipelines') {
        this.listAgain.call();
        this.again.call();
      }
    });
  }

  get isRunning(): boolean {
    return this.now.run?.stage === 'running';
  }

  /** Say whether anybody looks: what would run is found out by reading files. */
  watch(seen: boolean): void {
    this.seen = seen;
    if (seen && this.stale) {
      void this.refreshList();
    }
  }

  /** A file was saved: it may be a step's notebook, or a pipeline's document. */
  saved(path: string): void {
    const { opened, graph } = this.now;
    const notebooks = graph.value?.steps.map(step => step.notebook) ?? [];
    if (opened !== null && (path.startsWith(`${opened}/`) || notebooks.includes(path))) {
      this.graphAgain.call();
    }
    if (/(^|\/)pipelines\//.test(path)) {
      this.listAgain.call();
    }
  }

  async refresh(): Promise<void> {
    this.put({ trouble: null });
    await Promise.all([this.refreshList(), this.refreshGraph()]);
  }

  async open(folder: string): Promise<void> {
    if (folder !== this.now.opened) {
      this.put({ opened: folder, run: null, trouble: null });
      this.graph.forget();
    }
    await this.refreshGraph();
  }

  close(): void {
    this.graph.forget();
    this.put({ opened: null, run: null, trouble: null });
    this.refreshListIfSeen();
  }

  /** Run what has changed, or from a step on. */
  async run(start: string | null): Promise<void> {
    const { opened } = this.now;
    if (opened !== null && !this.isRunning) {
      await this.asked(opened, () => this.api.run({ folder: opened, start }));
    }
  }

  async cancel(): Promise<void> {
    const { opened } = this.now;
    if (opened !== null) {
      await this.asked(opened, () => this.api.cancel(opened));
    }
  }

  /** Another notebook may lie in another project: what is listed would be taken for its pipelines. */
  private follow(path: string | null): void {
    const folder = folderOf(path);
    if (folder !== this.folder) {
      this.folder = folder;
      this.list.forget();
    }
    this.listAgain.call();
  }

  private refreshList(): Promise<void> {
    this.stale = false;
    return this.list.ask(() => this.api.list(this.notebook.now.path));
  }

  private refreshListIfSeen(): void {
    this.stale = true;
    this.watch(this.seen);
  }

  private async refreshGraph(): Promise<void> {
    const { opened } = this.now;
    if (opened !== null) {
      await this.graph.ask(() => this.api.graph(opened));
    }
  }

  private takeGraph(graph: IFetched<WirePipeline>): void {
    this.put({ graph });
    if (graph.value !== null && !graph.loading && graph.trouble === null) {
      this.put({ run: graph.value.run });
    }
  }

  /** Something goes on, or is over. */
  private async look(): Promise<void> {
    const { opened } = this.now;
    if (opened === null) {
      return;
    }
    try {
      const { run } = await this.api.standing(opened);
      if (opened !== this.now.opened) {
        return;
      }
      const isOver = this.isRunning && run?.stage !== 'running';
      const { trouble } = this.now;
      this.put({ run, trouble: trouble === this.unseen ? null : trouble });
      if (isOver) {
        await this.refreshGraph();
      }
    } catch (error) {
      if (opened === this.now.opened) {
        this.unseen = troubleOf(error);
        this.put({ trouble: this.unseen });
      }
    }
  }

  private async asked(folder: string, question: () => Promise<PipelineAnswered>): Promise<void> {
    this.put({ asking: true, trouble: null });
    try {
      const { run } = await question();
      if (folder === this.now.opened) {
        this.put({ run });
      }
    } catch (error) {
      if (folder === this.now.opened) {
        this.put({ trouble: troubleOf(error) });
      }
    } finally {
      this.put({ asking: false });
    }
  }
}

/** How a step stands now. After a run what it did still shows, until something changes. */
export function stepNow(step: WireStep, run: WirePipelineRun | null): IStepNow {
  const standing = run?.steps.find(one => one.step === step.name) ?? null;
  if (run?.stage === 'running' && standing !== null) {
    const { state, why, output, error } = standing;
    const isOver = state === 'ok' || state === 'failed' || state === 'unchanged';
    return { stage: state, why, standing, output: isOver ? (output ?? step.output) : null, error };
  }
  if (run?.stage === 'running') {
    return { stage: 'waiting', why: [], standing, output: null, error: null };
  }
  const { output, reasons } = step;
  if (FAILED.has(step.outcome) && step.what === 'runs') {
    return { stage: 'failed', why: reasons, standing, output, error: step.error };
  }
  if (step.what === 'unchanged' && standing?.state === 'ok') {
    return { stage: 'ok', why: standing.why, standing, output, error: null };
  }
  return { stage: step.what, why: reasons, standing, output, error: null };
}
