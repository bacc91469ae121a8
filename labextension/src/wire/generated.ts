/* Generated from src/cellmill/wire by: npm run wire. Do not edit. */

export type WireError =
  | UnknownRunError
  | AmbiguousRunError
  | RunWithoutModelError
  | RunWithoutRecipeError
  | NotABundleError
  | EnvironmentNotBuiltError
  | NoScratchError
  | ReplayUnderWayError
  | StoreUnreachableError
  | StoreLockedError
  | StoreRefusedError
  | InvalidModelNameError
  | InvalidAliasError
  | FolderNotWritableError
  | BadSettingsError
  | NoSessionError
  | BadRequestError
  | NotFoundError
  | InternalError;

export interface CellmillWire {
  AmbiguousRunError?: AmbiguousRunError;
  BadRequestError?: BadRequestError;
  BadSettingsError?: BadSettingsError;
  CaptureAsked?: CaptureAsked;
  CaptureStatus?: CaptureStatus;
  Change?: Change;
  EnvironmentNotBuiltError?: EnvironmentNotBuiltError;
  ErrorAnswer?: ErrorAnswer;
  FolderNotWritableError?: FolderNotWritableError;
  InternalError?: InternalError;
  InvalidAliasError?: InvalidAliasError;
  InvalidModelNameError?: InvalidModelNameError;
  ModelList?: ModelList;
  NoScratchError?: NoScratchError;
  NoSessionError?: NoSessionError;
  NotABundleError?: NotABundleError;
  NotFoundError?: NotFoundError;
  ParameterForm?: ParameterForm;
  ParametersAnswered?: ParametersAnswered;
  ParametersAsked?: ParametersAsked;
  PickAsked?: PickAsked;
  PipelineAnswered?: PipelineAnswered;
  PipelineList?: PipelineList;
  PipelineRunAsked?: PipelineRunAsked;
  RegistrationAsked?: RegistrationAsked;
  RegistrationPreview?: RegistrationPreview;
  ReplayUnderWayError?: ReplayUnderWayError;
  ReplaysAsked?: ReplaysAsked;
  RunDetail?: RunDetail;
  RunList?: RunList;
  RunRemoved?: RunRemoved;
  RunSummary?: RunSummary;
  RunWithoutModelError?: RunWithoutModelError;
  RunWithoutRecipeError?: RunWithoutRecipeError;
  SplitAnswered?: SplitAnswered;
  SplitAsked?: SplitAsked;
  StoreLockedError?: StoreLockedError;
  StoreRefusedError?: StoreRefusedError;
  StoreUnreachableError?: StoreUnreachableError;
  TrialList?: TrialList;
  UnknownRunError?: UnknownRunError;
  WireActivity?: WireActivity;
  WireBorder?: WireBorder;
  WireCell?: WireCell;
  WireColumn?: WireColumn;
  WireComparison?: WireComparison;
  WireCrossing?: WireCrossing;
  WireCurve?: WireCurve;
  WireData?: WireData;
  WireDistribution?: WireDistribution;
  WireEdge?: WireEdge;
  WireEnvironment?: WireEnvironment;
  WireError?: WireError;
  WireExecution?: WireExecution;
  WireFailure?: WireFailure;
  WireField?: WireField;
  WireFigure?: WireFigure;
  WireFile?: WireFile;
  WireGit?: WireGit;
  WireMetric?: WireMetric;
  WireModelEntry?: WireModelEntry;
  WireOutput?: WireOutput;
  WireParameter?: WireParameter;
  WirePipeline?: WirePipeline;
  WirePipelineRun?: WirePipelineRun;
  WirePipelineSummary?: WirePipelineSummary;
  WireProblem?: WireProblem;
  WireProposal?: WireProposal;
  WireProposedStep?: WireProposedStep;
  WireRecipe?: WireRecipe;
  WireReplays?: WireReplays;
  WireSource?: WireSource;
  WireSplit?: WireSplit;
  WireSplitPlan?: WireSplitPlan;
  WireStanding?: WireStanding;
  WireStep?: WireStep;
  WireSweep?: WireSweep;
  WireTracked?: WireTracked;
  WireTrial?: WireTrial;
  WireVerdict?: WireVerdict;
  WireVersion?: WireVersion;
}
export interface AmbiguousRunError {
  kind: 'ambiguous_run';
  message: string;
  run: string;
  matches: string[];
}
/**
 * The request itself was not understood: a fault of the caller, not of the user.
 */
export interface BadRequestError {
  kind: 'bad_request';
  message: string;
}
export interface BadSettingsError {
  kind: 'bad_settings';
  message: string;
  path: string;
  reason: string;
}
/**
 * Pause or resume the capture of a notebook.
 */
export interface CaptureAsked {
  notebook: string;
  capture: 'on' | 'paused';
}
/**
 * `off` comes with the reason; `none` means that the notebook has no kernel yet.
 *
 * `failures` are what went wrong with us in the kernel's session, each once.
 */
export interface CaptureStatus {
  capture: 'on' | 'paused' | 'off' | 'none';
  reason: string | null;
  notebook: string | null;
  session: string | null;
  root: string;
  store: string;
  version: string;
  failures: string[];
}
/**
 * The data of an event on Jupyter's own event stream. `notebook` is None when several may be touched.
 */
export interface Change {
  subject: 'runs' | 'models' | 'capture' | 'parameters' | 'pipelines' | 'splits';
  notebook: string | null;
}
export interface EnvironmentNotBuiltError {
  kind: 'environment_not_built';
  message: string;
  run: string;
  reason: string;
}
/**
 * The body of every answer that is not a success.
 */
export interface ErrorAnswer {
  error: WireError;
}
export interface UnknownRunError {
  kind: 'unknown_run';
  message: string;
  run: string;
}
export interface RunWithoutModelError {
  kind: 'run_without_model';
  message: string;
  run: string;
  reason: string;
}
export interface RunWithoutRecipeError {
  kind: 'run_without_recipe';
  message: string;
  run: string;
  reason: string;
}
export interface NotABundleError {
  kind: 'not_a_bundle';
  message: string;
  path: string;
  reason: string;
}
export interface NoScratchError {
  kind: 'no_scratch';
  message: string;
  folder: string;
  reason: string;
}
export interface ReplayUnderWayError {
  kind: 'replay_under_way';
  message: string;
  run: string;
}
export interface StoreUnreachableError {
  kind: 'store_unreachable';
  message: string;
  store: string;
  reason: string;
}
export interface StoreLockedError {
  kind: 'store_locked';
  message: string;
  store: string;
}
export interface StoreRefusedError {
  kind: 'store_refused';
  message: string;
  store: string;
  reason: string;
}
export interface InvalidModelNameError {
  kind: 'invalid_model_name';
  message: string;
  name: string;
  reason: string;
}
export interface InvalidAliasError {
  kind: 'invalid_alias';
  message: string;
  alias: string;
  reason: string;
}
export interface FolderNotWritableError {
  kind: 'folder_not_writable';
  message: string;
  folder: string;
  reason: string;
}
export interface NoSessionError {
  kind: 'no_session';
  message: string;
  notebook: string;
}
/**
 * What was asked for is not there, as when it was deleted since a list named it.
 */
export interface NotFoundError {
  kind: 'not_found';
  message: string;
}
/**
 * A fault of ours. The server's log has the traceback.
 */
export interface InternalError {
  kind: 'internal';
  message: string;
}
/**
 * Every registered model, by name.
 */
export interface ModelList {
  models: WireModelEntry[];
}
/**
 * A name in the registry and its versions, newest first.
 */
export interface WireModelEntry {
  name: string;
  versions: WireVersion[];
}
/**
 * A registered model version.
 */
export interface WireVersion {
  name: string;
  version: string;
  aliases: string[];
  run: string | null;
  notebook: string | null;
  created_ms: number;
}
/**
 * All that the form shows. `problem` says why the notebook cannot be read; `cell` declares the parameters.
 */
export interface ParameterForm {
  notebook: string;
  problem: string | null;
  cell: number | null;
  parameters: WireField[];
  proposals: WireProposal[];
  more_proposals: number;
  undoable: string[];
  activity: WireActivity | null;
  sweeps: WireSweep[];
}
/**
 * One field. `default` and `choices` are texts as `cellmill run -p NAME=TEXT` takes them.
 */
export interface WireField {
  name: string;
  field: 'integer' | 'number' | 'boolean' | 'choice' | 'text' | 'path' | 'date' | 'list' | 'other';
  default: string;
  choices: string[];
  minimum: number | null;
  maximum: number | null;
  takes: string;
  help: string | null;
  is_secret: boolean;
}
/**
 * A value that could become a parameter. `cell` is the id of the first cell that it stands in.
 */
export interface WireProposal {
  name: string;
  default: string;
  written: string;
  cell: string;
  number: number;
  reaches: ('training' | 'file' | 'result')[];
}
/**
 * A run with parameters, or the check of a pick: under way, or the last one.
 *
 * `done` of `of` cells have ended, the last of them `number`. `output` is the executed notebook. `is_cancelled` says
 * that it was told to end, which may take it a while.
 */
export interface WireActivity {
  kind: 'run' | 'pick';
  stage: 'running' | 'ended' | 'failed' | 'cancelled';
  is_cancelled: boolean;
  started_ms: number;
  ended_ms: number | null;
  done: number;
  of: number;
  number: number | null;
  message: string | null;
  output: string | null;
  notes: string[];
}
/**
 * A sweep of the notebook. `best` is the best trial's metric, as text.
 */
export interface WireSweep {
  sweep: string;
  started_ms: number;
  metric: string;
  axes: string[];
  trials: number;
  size: number;
  best: string | null;
}
/**
 * What came of a question about values: problems, or how what was begun stands.
 */
export interface ParametersAnswered {
  problems: WireProblem[];
  activity: WireActivity | null;
}
/**
 * Why a parameter cannot have the value typed.
 */
export interface WireProblem {
  name: string;
  message: string;
}
/**
 * Values as typed; parameters that are left out keep their defaults. `run` begins, else they are only checked.
 */
export interface ParametersAsked {
  notebook: string;
  texts: {
    [k: string]: string;
  };
  run: boolean;
}
/**
 * A wish to make proposals parameters.
 */
export interface PickAsked {
  notebook: string;
  names: string[];
}
/**
 * How the run of a pipeline stands, None where no browser has asked for one.
 */
export interface PipelineAnswered {
  run: WirePipelineRun | null;
}
/**
 * A run that a browser asked for: under way, or the last one. `start` is the step that it began from.
 *
 * `is_cancelled` says that it was told to end, which may take its steps a while.
 */
export interface WirePipelineRun {
  stage: 'running' | 'ended' | 'failed' | 'cancelled';
  is_cancelled: boolean;
  start: string | null;
  started_ms: number;
  ended_ms: number | null;
  steps: WireStanding[];
  message: string | null;
  notes: string[];
}
/**
 * How a step stands in a run: `done` of `of` cells have ended, and in a loop `items_done` of `items`.
 */
export interface WireStanding {
  step: string;
  state:
    | 'waiting'
    | 'running'
    | 'ok'
    | 'unchanged'
    | 'failed'
    | 'left out'
    | 'not reached'
    | 'interrupted';
  why: string[];
  done: number;
  of: number;
  items: number;
  items_done: number;
  attempt: number;
  seconds: number | null;
  output: string | null;
  error: string | null;
}
/**
 * The pipelines of the projects, by name.
 */
export interface PipelineList {
  pipelines: WirePipelineSummary[];
}
/**
 * A pipeline in a list. `to_run` counts the steps that something has changed for.
 */
export interface WirePipelineSummary {
  folder: string;
  name: string;
  problem: string | null;
  steps: number;
  to_run: number;
  failed: number;
  ran_ms: number | null;
  stage: ('running' | 'ended' | 'failed' | 'cancelled') | null;
}
/**
 * A wish to run a pipeline: what has changed of it, or from a step on.
 */
export interface PipelineRunAsked {
  folder: string;
  start?: string | null;
}
/**
 * What a user asks: register this run's model under this name.
 */
export interface RegistrationAsked {
  run: string;
  name: string;
  alias?: string | null;
}
/**
 * What would be recorded with a version, shown before it is.
 */
export interface RegistrationPreview {
  run: string;
  model_class: string;
  suggested_name: string;
  existing_names: string[];
  tags: {
    [k: string]: string;
  };
}
/**
 * A wish to replay every run of a notebook.
 */
export interface ReplaysAsked {
  notebook: string;
}
/**
 * A run, whole.
 */
export interface RunDetail {
  run: string;
  kind: 'fit' | 'loop' | 'search' | 'trial' | 'validation';
  parent: string | null;
  trials: number;
  notebook: string | null;
  model_class: string;
  library: string;
  status: 'running' | 'finished' | 'failed' | 'interrupted';
  started_ms: number;
  ended_ms: number | null;
  metrics: WireMetric[];
  has_model: boolean;
  recorded: boolean;
  incomplete: string[];
  cells: string[];
  trained_in: string | null;
  differing: WireParameter[];
  judgement: ('exact' | 'within tolerance' | 'differs' | 'stochastic' | 'cannot') | null;
  judged_ms: number | null;
  judged_reason: string | null;
  replaying: boolean;
  replay_waits: boolean;
  replay_problem: string | null;
  session: string;
  parameters: WireParameter[];
  data: WireData[];
  executions: WireExecution[];
  error: WireFailure | null;
  model_bytes: number | null;
  model_note: string | null;
  store_id: string | null;
  curves: WireCurve[];
  sources: WireSource[];
  environment: WireEnvironment | null;
  files: WireFile[];
  more_files: number;
  figures: WireFigure[];
  tracked: WireTracked[];
  nested_in: string | null;
  verdict: WireVerdict | null;
}
/**
 * The newest value of a metric. Text where JSON has no number for it: NaN, Infinity, -Infinity.
 */
export interface WireMetric {
  name: string;
  value: number | ('NaN' | 'Infinity' | '-Infinity');
  points: number;
}
/**
 * One parameter. `source` tells the estimator's own from the notebook's variables.
 */
export interface WireParameter {
  name: string;
  value: string;
  source: 'estimator' | 'notebook';
}
/**
 * A data set that a run saw.
 */
export interface WireData {
  name: string;
  context: 'training' | 'evaluation';
  digest: string;
  rows: number;
  columns: WireColumn[];
  kind: string;
  target: string | null;
}
/**
 * One column of a data set.
 */
export interface WireColumn {
  name: string;
  type: string;
}
/**
 * An execution that took part in a run: it fed the training, was it, or evaluated the model.
 */
export interface WireExecution {
  execution: string;
  number: number;
  cell: string | null;
  source: string;
  part: 'fed' | 'trained' | 'evaluated';
  outcome: ('ok' | 'error' | 'interrupted') | null;
  started_ms: number;
  ended_ms: number | null;
  outputs: WireOutput[];
  more_outputs: boolean;
}
/**
 * A text that an execution showed. `is_cut` says that more of it was shown.
 */
export interface WireOutput {
  kind: 'stdout' | 'stderr' | 'display' | 'result' | 'error';
  text: string;
  is_cut: boolean;
  note: string | null;
}
/**
 * An exception of the user's code.
 */
export interface WireFailure {
  type: string;
  message: string;
}
/**
 * The history of one metric. `steps` are those it was measured at, or 1, 2, 3 … where they do not grow.
 */
export interface WireCurve {
  name: string;
  axis: 'step' | 'measurement';
  steps: number[];
  values: (number | ('NaN' | 'Infinity' | '-Infinity'))[];
  points: number;
}
/**
 * Where data came from. `name` is a path, an address, a query's text or a package's function.
 */
export interface WireSource {
  kind: 'file' | 'url' | 'query' | 'package';
  name: string;
  digest: string | null;
}
/**
 * The machine, the interpreter and the packages of a run.
 */
export interface WireEnvironment {
  python: string;
  executable: string;
  platform: string;
  host: string;
  cores: number | null;
  memory_bytes: number | null;
  user: string | null;
  front_end: string | null;
  cellmill: string;
  cwd: string;
  git: WireGit | null;
  distributions: WireDistribution[];
}
/**
 * The commit of the notebook's folder. `is_changed` says that something differed from it.
 */
export interface WireGit {
  commit: string;
  branch: string | null;
  is_changed: boolean;
  untracked: number;
}
/**
 * An installed package that was imported.
 */
export interface WireDistribution {
  name: string;
  version: string;
}
/**
 * A file that an execution of the run used. `number` is that execution's.
 */
export interface WireFile {
  path: string;
  mode: 'read' | 'written';
  size_bytes: number | null;
  sha256: string | null;
  note: string | null;
  number: number;
}
/**
 * A picture that an execution showed. `number` is that execution's.
 */
export interface WireFigure {
  sha256: string;
  mime: string;
  size_bytes: number;
  number: number;
}
/**
 * A run that another tracker has of the same training.
 */
export interface WireTracked {
  system: 'mlflow' | 'wandb' | 'comet';
  id: string;
  uri: string | null;
}
/**
 * The outcome of a run's newest replay. `executions` is how many were replayed, `of` how many had run.
 */
export interface WireVerdict {
  judgement: 'exact' | 'within tolerance' | 'differs' | 'stochastic' | 'cannot';
  at_ms: number;
  reason: string | null;
  figures: WireComparison[];
  compared: number;
  parted: number | null;
  replays: number;
  seconds: number;
  host: string;
  python: string;
  rebuilt: boolean;
  executions: number;
  of: number;
  notes: string[];
}
/**
 * One thing set side by side. Values are text, and None where there was none.
 */
export interface WireComparison {
  what: 'metric' | 'parameter' | 'predictions' | 'model' | 'data' | 'outcome' | 'output';
  name: string;
  recorded: string | null;
  replayed: string | null;
  relative: number | null;
  same: boolean;
}
/**
 * The runs of one notebook, or of the whole project, newest first. Trials stand under their search alone.
 */
export interface RunList {
  notebook: string | null;
  runs: RunSummary[];
  total: number;
}
/**
 * A run in a list. `trials` is how many a search has, `cells` are those of the notebook that took part.
 *
 * `trained_in` is the execution that trained it; one may train many. `differing` are the parameters that tell
 * it from the others of its notebook and model class in the same list.
 * While it is `replaying` it may still wait for another's replay; `replay_problem` says why the last
 * replay ended without a judgement.
 */
export interface RunSummary {
  run: string;
  kind: 'fit' | 'loop' | 'search' | 'trial' | 'validation';
  parent: string | null;
  trials: number;
  notebook: string | null;
  model_class: string;
  library: string;
  status: 'running' | 'finished' | 'failed' | 'interrupted';
  started_ms: number;
  ended_ms: number | null;
  metrics: WireMetric[];
  has_model: boolean;
  recorded: boolean;
  incomplete: string[];
  cells: string[];
  trained_in: string | null;
  differing: WireParameter[];
  judgement: ('exact' | 'within tolerance' | 'differs' | 'stochastic' | 'cannot') | null;
  judged_ms: number | null;
  judged_reason: string | null;
  replaying: boolean;
  replay_waits: boolean;
  replay_problem: string | null;
}
/**
 * What a deletion took away.
 */
export interface RunRemoved {
  run: string;
  trials: number;
  blobs: number;
  freed_bytes: number;
}
/**
 * How the split of a notebook stands. `suggested` is a name that no pipeline has yet.
 */
export interface SplitAnswered {
  notebook: string;
  suggested: string;
  problem: string | null;
  split: WireSplit | null;
}
/**
 * The last split of a notebook: `look` finds out where it can be split, `make` tries it and writes it.
 *
 * `words` say what is being done, `done` of `of` cells of it. `reasons` say why it was not split, `folder` is the
 * pipeline that was written, and `compared` how many values were the same. `is_cancelled` says that it
 * was told to end.
 */
export interface WireSplit {
  kind: 'look' | 'make';
  stage: 'running' | 'ended' | 'failed' | 'cancelled';
  is_cancelled: boolean;
  name: string;
  started_ms: number;
  ended_ms: number | null;
  words: string | null;
  done: number;
  of: number;
  message: string | null;
  reasons: string[];
  plan: WireSplitPlan | null;
  folder: string | null;
  compared: number | null;
  notes: string[];
}
/**
 * What was found out by running the notebook. `borders` are those of the code cells from the second on.
 */
export interface WireSplitPlan {
  cells: WireCell[];
  borders: WireBorder[];
  steps: WireProposedStep[];
  notes: string[];
}
/**
 * A code cell. `heading` is the one before it, `id` its own in the notebook.
 */
export interface WireCell {
  number: number;
  id: string | null;
  first_line: string;
  heading: string | null;
  trains: boolean;
  seconds: number;
}
/**
 * The place before a code cell. `reason` says why no border can stand there.
 */
export interface WireBorder {
  number: number;
  reason: string | null;
  names: WireCrossing[];
  bytes: number;
}
/**
 * A name that would cross, and its size.
 */
export interface WireCrossing {
  name: string;
  bytes: number;
}
/**
 * A step as proposed, with its first code cell.
 */
export interface WireProposedStep {
  name: string;
  first: number;
}
/**
 * A wish to split: without `at` to look where, with `at` to try borders before these cells and write it.
 */
export interface SplitAsked {
  notebook: string;
  name: string;
  at?: number[] | null;
  network?: boolean;
}
/**
 * The trials of a search, in the order they began.
 */
export interface TrialList {
  run: string;
  trials: WireTrial[];
  total: number;
}
/**
 * A trial of a search, with the parameters in which the trials differ.
 */
export interface WireTrial {
  run: string;
  kind: 'fit' | 'loop' | 'search' | 'trial' | 'validation';
  parent: string | null;
  trials: number;
  notebook: string | null;
  model_class: string;
  library: string;
  status: 'running' | 'finished' | 'failed' | 'interrupted';
  started_ms: number;
  ended_ms: number | null;
  metrics: WireMetric[];
  has_model: boolean;
  recorded: boolean;
  incomplete: string[];
  cells: string[];
  trained_in: string | null;
  differing: WireParameter[];
  judgement: ('exact' | 'within tolerance' | 'differs' | 'stochastic' | 'cannot') | null;
  judged_ms: number | null;
  judged_reason: string | null;
  replaying: boolean;
  replay_waits: boolean;
  replay_problem: string | null;
  parameters: WireParameter[];
}
/**
 * That a step comes after another, and what was seen to cross: values by name, and files.
 */
export interface WireEdge {
  before: string;
  after: string;
  names: string[];
  bytes: number;
  files: string[];
}
/**
 * A pipeline. `problem` says why it cannot be read, or run; then there may be no steps.
 */
export interface WirePipeline {
  folder: string;
  name: string;
  document: string;
  problem: string | null;
  source: string | null;
  compared: number | null;
  steps: WireStep[];
  edges: WireEdge[];
  run: WirePipelineRun | null;
}
/**
 * A step, what is to happen to it, and how its last run ended.
 *
 * `what` and `reasons` are those of `Planned`; in a loop they count for all its items. `error` and `output` are the
 * last run's: of a loop those of the first item that failed, or else of the first.
 */
export interface WireStep {
  name: string;
  notebook: string;
  when: string | null;
  loop: string | null;
  what: 'runs' | 'may' | 'unchanged' | 'left out';
  reasons: string[];
  outcome: ('ok' | 'failed' | 'died' | 'timed out' | 'interrupted') | null;
  ran_ms: number | null;
  seconds: number | null;
  output: string | null;
  error: string | null;
}
/**
 * The recipe of a run as a notebook: `executions` of the `of` that had run. `notebook` is in Jupyter's format.
 */
export interface WireRecipe {
  run: string;
  notebook: {
    [k: string]: unknown;
  };
  executions: number;
  of: number;
}
/**
 * The runs of a project that are being replayed: the first now, the others wait for their turn.
 */
export interface WireReplays {
  runs: string[];
}
