/** Fakes for tests: they record what they were asked, and answer when the test says so. */
import { Signal } from '@lumino/signaling';

import type { ICaptureApi } from '../src/api/capture';
import type { IChanges } from '../src/api/changes';
import type { IModelsApi } from '../src/api/models';
import type { IParametersApi } from '../src/api/parameters';
import type { IPipelinesApi } from '../src/api/pipelines';
import type { IReplaysApi } from '../src/api/replays';
import type { IRunsApi } from '../src/api/runs';
import type { ISplitsApi } from '../src/api/splits';
import type {
  CaptureAsked,
  CaptureStatus,
  Change,
  ModelList,
  ParameterForm,
  ParametersAnswered,
  ParametersAsked,
  PickAsked,
  PipelineAnswered,
  PipelineList,
  PipelineRunAsked,
  RegistrationAsked,
  RegistrationPreview,
  RunDetail,
  RunList,
  RunRemoved,
  RunSummary,
  SplitAnswered,
  SplitAsked,
  TrialList,
  WireExecution,
  WirePipeline,
  WireRecipe,
  WireReplays,
  WireTrial,
  WireVersion
} from '../src/wire/generated';

/** Questions in the order they were asked, each of which waits for its answer. */
export class Questions<T> {
  readonly asked: unknown[] = [];
  private readonly waiting: { resolve: (answer: T) => void; reject: (error: unknown) => void }[] =
    [];

  ask(what: unknown): Promise<T> {
    this.asked.push(what);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  async answer(question: number, answer: T): Promise<void> {
    this.waiting[question].resolve(answer);
    await settled();
  }

  async fail(question: number, error: unknown): Promise<void> {
    this.waiting[question].reject(error);
    await settled();
  }
}

export class FakeRunsApi implements IRunsApi {
  readonly lists = new Questions<RunList>();
  readonly details = new Questions<RunDetail>();
  readonly trialLists = new Questions<TrialList>();
  readonly removals = new Questions<RunRemoved>();

  list(notebook: string | null): Promise<RunList> {
    return this.lists.ask(notebook);
  }

  detail(run: string): Promise<RunDetail> {
    return this.details.ask(run);
  }

  trials(run: string): Promise<TrialList> {
    return this.trialLists.ask(run);
  }

  remove(run: string): Promise<RunRemoved> {
    return this.removals.ask(run);
  }

  figureAddress(run: string, sha256: string): string {
    return `/figures/${run}/${sha256}`;
  }
}

export class FakeReplaysApi implements IReplaysApi {
  readonly recipes = new Questions<WireRecipe>();
  readonly starts = new Questions<WireReplays>();
  readonly cancels = new Questions<WireReplays>();

  recipe(run: string): Promise<WireRecipe> {
    return this.recipes.ask(run);
  }

  start(run: string): Promise<WireReplays> {
    return this.starts.ask(run);
  }

  cancel(run: string): Promise<WireReplays> {
    return this.cancels.ask(run);
  }

  startAll(notebook: string): Promise<WireReplays> {
    return this.starts.ask(notebook);
  }

  cancelAll(notebook: string): Promise<WireReplays> {
    return this.cancels.ask(notebook);
  }
}

export class FakeModelsApi implements IModelsApi {
  readonly lists = new Questions<ModelList>();
  readonly previews = new Questions<RegistrationPreview>();
  readonly registrations = new Questions<WireVersion>();

  list(notebook: string | null): Promise<ModelList> {
    return this.lists.ask(notebook);
  }

  preview(run: string): Promise<RegistrationPreview> {
    return this.previews.ask(run);
  }

  register(asked: RegistrationAsked): Promise<WireVersion> {
    return this.registrations.ask(asked);
  }
}

export class FakeParametersApi implements IParametersApi {
  readonly forms = new Questions<ParameterForm>();
  readonly questions = new Questions<ParametersAnswered>();
  readonly activities = new Questions<ParametersAnswered>();
  readonly cancels = new Questions<ParametersAnswered>();
  readonly picks = new Questions<ParametersAnswered>();
  readonly undone = new Questions<ParametersAnswered>();

  form(notebook: string): Promise<ParameterForm> {
    return this.forms.ask(notebook);
  }

  ask(asked: ParametersAsked): Promise<ParametersAnswered> {
    return this.questions.ask(asked);
  }

  activity(notebook: string): Promise<ParametersAnswered> {
    return this.activities.ask(notebook);
  }

  cancel(notebook: string): Promise<ParametersAnswered> {
    return this.cancels.ask(notebook);
  }

  pick(asked: PickAsked): Promise<ParametersAnswered> {
    return this.picks.ask(asked);
  }

  undo(notebook: string): Promise<ParametersAnswered> {
    return this.undone.ask(notebook);
  }

  pictureAddress(sweep: string, isLight: boolean): string {
    return `/sweeps/${sweep}/${isLight ? 'light' : 'dark'}`;
  }
}

export class FakePipelinesApi implements IPipelinesApi {
  readonly lists = new Questions<PipelineList>();
  readonly graphs = new Questions<WirePipeline>();
  readonly runs = new Questions<PipelineAnswered>();
  readonly standings = new Questions<PipelineAnswered>();
  readonly cancels = new Questions<PipelineAnswered>();

  list(notebook: string | null): Promise<PipelineList> {
    return this.lists.ask(notebook);
  }

  graph(folder: string): Promise<WirePipeline> {
    return this.graphs.ask(folder);
  }

  run(asked: PipelineRunAsked): Promise<PipelineAnswered> {
    return this.runs.ask(asked);
  }

  standing(folder: string): Promise<PipelineAnswered> {
    return this.standings.ask(folder);
  }

  cancel(folder: string): Promise<PipelineAnswered> {
    return this.cancels.ask(folder);
  }
}

export class FakeSplitsApi implements ISplitsApi {
  readonly standings = new Questions<SplitAnswered>();
  readonly asks = new Questions<SplitAnswered>();
  readonly cancels = new Questions<SplitAnswered>();

  standing(notebook: string): Promise<SplitAnswered> {
    return this.standings.ask(notebook);
  }

  ask(asked: SplitAsked): Promise<SplitAnswered> {
    return this.asks.ask(asked);
  }

  cancel(notebook: string): Promise<SplitAnswered> {
    return this.cancels.ask(notebook);
  }
}

export class FakeCaptureApi implements ICaptureApi {
  readonly statuses = new Questions<CaptureStatus>();
  readonly wishes = new Questions<CaptureStatus>();

  status(notebook: string): Promise<CaptureStatus> {
    return this.statuses.ask(notebook);
  }

  ask(asked: CaptureAsked): Promise<CaptureStatus> {
    return this.wishes.ask(asked);
  }
}

export class FakeChanges implements IChanges {
  readonly changed = new Signal<this, Change>(this);

  tell(subject: Change['subject'], notebook: string | null = null): void {
    this.changed.emit({ subject, notebook });
  }
}

/** Let every promise that can go on do so. */
export async function settled(): Promise<void> {
  for (let step = 0; step < 10; step += 1) {
    await Promise.resolve();
  }
}

export function aRun(run: string, over: Partial<RunSummary> = {}): RunSummary {
  return {
    run,
    kind: 'fit',
    parent: null,
    trials: 0,
    notebook: 'flights.ipynb',
    model_class: 'sklearn.linear_model._ridge.Ridge',
    library: 'sklearn',
    status: 'finished',
    started_ms: 0,
    ended_ms: 10,
    metrics: [{ name: 'r2', value: 0.5, points: 1 }],
    has_model: true,
    recorded: true,
    incomplete: [],
    cells: [],
    trained_in: null,
    differing: [],
    judgement: null,
    judged_ms: null,
    judged_reason: null,
    replaying: false,
    replay_waits: false,
    replay_problem: null,
    ...over
  };
}

export function aList(...runs: RunSummary[]): RunList {
  return { notebook: 'flights.ipynb', runs, total: runs.length };
}

export function aDetail(run: string, over: Partial<RunDetail> = {}): RunDetail {
  return {
    ...aRun(run),
    session: 's',
    parameters: [],
    data: [],
    executions: [],
    error: null,
    model_bytes: 1,
    model_note: null,
    store_id: null,
    curves: [],
    sources: [],
    environment: null,
    files: [],
    more_files: 0,
    figures: [],
    tracked: [],
    nested_in: null,
    verdict: null,
    ...over
  };
}

export function anExecution(
  cell: string | null,
  source: string,
  over: Partial<WireExecution> = {}
): WireExecution {
  return {
    execution: `e${over.number ?? 1}`,
    number: 1,
    cell,
    source,
    part: 'fed',
    outcome: 'ok',
    started_ms: 0,
    ended_ms: 1,
    outputs: [],
    more_outputs: false,
    ...over
  };
}

export function trialsOf(run: string, ...trials: string[]): TrialList {
  const made: WireTrial[] = trials.map(trial => ({
    ...aRun(trial, { kind: 'trial', parent: run }),
    parameters: []
  }));
  return { run, trials: made, total: made.length };
}

export function aStatus(
  capture: CaptureStatus['capture'],
  over: Partial<CaptureStatus> = {}
): CaptureStatus {
  return {
    capture,
    reason: null,
    notebook: 'flights.ipynb',
    session: 's',
    root: '/projects/flights',
    store: 'sqlite:////projects/flights/mlflow.db',
    version: '0.1.0',
    failures: [],
    ...over
  };
}
