/** Words for what a run is and how it went. */
import type { TranslationBundle } from '@jupyterlab/translation';

import type {
  RunDetail,
  RunSummary,
  WireComparison,
  WireExecution,
  WireMetric,
  WireParameter,
  WireTracked,
  WireVerdict
} from '../../wire/generated';
import { ageWords } from '../frame/age';
import { countWords } from '../frame/numbers';

const MOST_TELLING = 3;
const LONGEST_VALUE = 40;
/** A list that a cell makes and fills later tells nothing. */
const EMPTY: ReadonlySet<string> = new Set(['[]', '{}', '()']);

/** `sklearn.linear_model.Ridge` -> `Ridge`. */
export function shortClass(modelClass: string): string {
  return modelClass.slice(modelClass.lastIndexOf('.') + 1);
}

/** The first line that says something: leading blank lines and IPython's cell magics say little. */
export function firstLine(source: string): string {
  const lines = source.split('\n').filter(line => line.trim() !== '');
  return (lines.find(line => !line.startsWith('%%')) ?? lines.at(0) ?? '').trim();
}

/** As much of a SHA-256 as tells one from another. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

/** A commit as git itself abbreviates it. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

const FRONT_ENDS: Readonly<Partial<Record<string, string>>> = {
  jupyterlab: 'JupyterLab',
  notebook: 'Jupyter Notebook',
  papermill: 'papermill',
  nbclient: 'nbclient',
  vscode: 'Visual Studio Code',
  cellmill: 'cellmill run'
};

export function frontEndWords(frontEnd: string): string {
  return FRONT_ENDS[frontEnd] ?? frontEnd;
}

/** What a run is when it is no plain `fit`, `null` when it is one. */
export function kindWords(kind: RunSummary['kind'], trans: TranslationBundle): string | null {
  switch (kind) {
    case 'fit':
      return null;
    case 'loop':
      return trans.__('training loop');
    case 'search':
      return trans.__('search');
    case 'trial':
      return trans.__('trial');
    case 'validation':
      return trans.__('cross-validation');
  }
}

export function trialsWords(count: number, trans: TranslationBundle): string {
  return trans._n('%2 trial', '%2 trials', count, countWords(count));
}

/** The parameters of a row: a few short ones that tell the run from others like it. */
export function rowParameters(run: RunSummary): readonly WireParameter[] {
  return run.differing
    .filter(({ value }) => value.length <= LONGEST_VALUE && !EMPTY.has(value))
    .slice(0, MOST_TELLING);
}

/** A sentence of a reason: those come as the command line continues a line with them. */
export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** The metrics of a row: of a training that still runs, a loss comes first and is always there. */
export function rowMetrics(run: RunSummary, limit: number): readonly WireMetric[] {
  const loss = run.metrics.find(({ name }) => /loss/i.test(name));
  if (run.status !== 'running' || loss === undefined) {
    return run.metrics.slice(0, limit);
  }
  const others = run.metrics.filter(metric => metric !== loss);
  return [loss, ...others].slice(0, Math.max(1, limit));
}

/** The metrics of a trial's row, what the search goes by first; deviations, ranks and times where there is no other. */
export function trialMetrics(metrics: readonly WireMetric[], limit: number): WireMetric[] {
  const telling = metrics.filter(({ name }) => !/^(std|rank|split\d+)_|_time$/.test(name));
  const isScore = ({ name }: WireMetric): boolean => name.startsWith('mean_test_');
  return [...(telling.length > 0 ? telling : metrics)]
    .sort((a, b) => Number(isScore(b)) - Number(isScore(a)))
    .slice(0, Math.max(1, limit));
}

export function trackerWords(system: WireTracked['system']): string {
  switch (system) {
    case 'mlflow':
      return 'MLflow';
    case 'wandb':
      return 'Weights & Biases';
    case 'comet':
      return 'Comet';
  }
}

/** The address of another tracker's page, `null` for whatever a browser should not follow. */
export function pageOf({ uri }: WireTracked): string | null {
  return uri !== null && /^https?:\/\//i.test(uri) ? uri : null;
}

export function statusWords(status: RunSummary['status'], trans: TranslationBundle): string {
  switch (status) {
    case 'running':
      return trans.__('running');
    case 'finished':
      return trans.__('finished');
    case 'failed':
      return trans.__('failed');
    case 'interrupted':
      return trans.__('interrupted');
  }
}

export function partWords(part: WireExecution['part'], trans: TranslationBundle): string {
  switch (part) {
    case 'fed':
      return trans.__('fed');
    case 'trained':
      return trans.__('trained');
    case 'evaluated':
      return trans.__('evaluated');
  }
}

export function judgementWords(
  judgement: WireVerdict['judgement'],
  trans: TranslationBundle
): string {
  switch (judgement) {
    case 'exact':
      return trans.__('exact');
    case 'within tolerance':
      return trans.__('within tolerance');
    case 'differs':
      return trans.__('differs');
    case 'stochastic':
      return trans.__('stochastic');
    case 'cannot':
      return trans.__('cannot replay');
  }
}

/** What a judgement means, why it is so, and how old it is. */
export function judgedWords(run: RunSummary, nowMs: number, trans: TranslationBundle): string {
  if (run.judgement === null || run.judged_ms === null) {
    return '';
  }
  const age = ageWords(run.judged_ms, nowMs, trans);
  const lines = [trans.__('Replayed %1: %2', age, meaningOf(run.judgement, trans))];
  return [...lines, ...(run.judged_reason === null ? [] : [run.judged_reason])].join('\n');
}

function meaningOf(judgement: WireVerdict['judgement'], trans: TranslationBundle): string {
  switch (judgement) {
    case 'exact':
      return trans.__('every figure came out the same');
    case 'within tolerance':
      return trans.__('every figure came out the same but for rounding');
    case 'differs':
      return trans.__('some figures came out otherwise');
    case 'stochastic':
      return trans.__('each replay comes out otherwise');
    case 'cannot':
      return trans.__('it could not be made again');
  }
}

export function replayingWords(run: RunSummary, trans: TranslationBundle): string {
  return run.replay_waits ? trans.__('waits for its replay') : trans.__('replaying…');
}

export function figureKindWords(what: WireComparison['what'], trans: TranslationBundle): string {
  switch (what) {
    case 'metric':
      return trans.__('metric');
    case 'parameter':
      return trans.__('parameter');
    case 'predictions':
      return trans.__('predictions');
    case 'model':
      return trans.__('model');
    case 'data':
      return trans.__('data');
    case 'outcome':
      return trans.__('outcome');
    case 'output':
      return trans.__('output');
  }
}

/** How far two numbers are apart, nothing for what is no number. */
export function differenceWords(
  { relative }: WireComparison,
  trans: TranslationBundle
): string | undefined {
  return relative === null
    ? undefined
    : trans.__('Relative difference: %1', relative.toExponential(1));
}

/** Return why the run cannot be replayed, `null` when it can. */
export function whyNotReplayed(run: RunSummary, trans: TranslationBundle): string | null {
  if (run.kind === 'trial') {
    return trans.__('A trial is replayed with its search.');
  }
  return run.status === 'running' ? trans.__('The training still runs.') : null;
}

/** Return why the run cannot be registered, `null` when it can. */
export function whyNotRegistered(run: RunDetail, trans: TranslationBundle): string | null {
  if (run.has_model) {
    return null;
  }
  switch (run.status) {
    case 'running':
      return trans.__('The training still runs.');
    case 'failed':
      return trans.__('The training failed, so there is no model to register.');
    case 'interrupted':
      return trans.__('The training was interrupted, so there is no model to register.');
    case 'finished':
      return run.model_note === null ? trans.__('No model was kept.') : sentence(run.model_note);
  }
}

/** Does the run answer to what was typed in the filter? Every word must be found somewhere. */
export function answersTo(run: RunSummary, typed: string): boolean {
  const names = run.metrics.map(metric => metric.name);
  const text = [
    run.model_class,
    run.library,
    run.kind,
    run.status,
    run.run,
    run.notebook ?? '',
    run.judgement ?? '',
    ...names,
    ...run.differing.map(({ name, value }) => `${name}=${value}`)
  ]
    .join(' ')
    .toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word));
}
