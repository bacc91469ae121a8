/* Generated from src/cellmill/wire by: npm run wire. Do not edit. */

export type WireError =
  | UnknownRunError
  | AmbiguousRunError
  | RunWithoutModelError
  | StoreUnreachableError
  | StoreLockedError
  | StoreRefusedError
  | InvalidModelNameError
  | InvalidAliasError
  | FolderNotWritableError
  | BadSettingsError
  | NoSessionError
  | BadRequestError
  | InternalError;

export interface CellmillWire {
  AmbiguousRunError?: AmbiguousRunError;
  BadRequestError?: BadRequestError;
  BadSettingsError?: BadSettingsError;
  CaptureAsked?: CaptureAsked;
  CaptureStatus?: CaptureStatus;
  Change?: Change;
  ErrorAnswer?: ErrorAnswer;
  FolderNotWritableError?: FolderNotWritableError;
  InternalError?: InternalError;
  InvalidAliasError?: InvalidAliasError;
  InvalidModelNameError?: InvalidModelNameError;
  ModelList?: ModelList;
  NoSessionError?: NoSessionError;
  RegistrationAsked?: RegistrationAsked;
  RegistrationPreview?: RegistrationPreview;
  RunDetail?: RunDetail;
  RunList?: RunList;
  RunSummary?: RunSummary;
  RunWithoutModelError?: RunWithoutModelError;
  StoreLockedError?: StoreLockedError;
  StoreRefusedError?: StoreRefusedError;
  StoreUnreachableError?: StoreUnreachableError;
  UnknownRunError?: UnknownRunError;
  WireColumn?: WireColumn;
  WireData?: WireData;
  WireError?: WireError;
  WireExecution?: WireExecution;
  WireFailure?: WireFailure;
  WireMetric?: WireMetric;
  WireModelEntry?: WireModelEntry;
  WireParameter?: WireParameter;
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
 */
export interface CaptureStatus {
  capture: 'on' | 'paused' | 'off' | 'none';
  reason: string | null;
  notebook: string | null;
  session: string | null;
  root: string;
  store: string;
  version: string;
}
/**
 * The data of an event on Jupyter's own event stream. `notebook` is None when several may be touched.
 */
export interface Change {
  subject: 'runs' | 'models' | 'capture';
  notebook: string | null;
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
 * A run, whole.
 */
export interface RunDetail {
  run: string;
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
  session: string;
  parameters: WireParameter[];
  data: WireData[];
  executions: WireExecution[];
  error: WireFailure | null;
  model_bytes: number | null;
  model_note: string | null;
  store_id: string | null;
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
}
/**
 * An exception of the user's code.
 */
export interface WireFailure {
  type: string;
  message: string;
}
/**
 * The runs of one notebook, or of the whole project, newest first.
 */
export interface RunList {
  notebook: string | null;
  runs: RunSummary[];
  total: number;
}
/**
 * A run in a list.
 */
export interface RunSummary {
  run: string;
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
}
