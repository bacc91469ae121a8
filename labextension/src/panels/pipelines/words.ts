/** Words for how a pipeline and its steps stand. */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IStepNow, StepStage } from '../../state/pipelines';
import type { WireEdge, WirePipelineRun, WirePipelineSummary } from '../../wire/generated';
import { durationWords } from '../frame/age';
import { listWords } from '../frame/names';
import { sizeWords } from '../frame/numbers';

/** A sign for the eye, beside the colour; the words stand there too. */
export const SIGNS: Readonly<Record<StepStage, string>> = {
  runs: '▷',
  may: '◇',
  waiting: '·',
  running: '▶',
  ok: '✓',
  unchanged: '=',
  failed: '✗',
  'left out': '–',
  'not reached': '·',
  interrupted: '!'
};

export function stageWords(stage: StepStage, trans: TranslationBundle): string {
  switch (stage) {
    case 'runs':
      return trans.__('will run');
    case 'may':
      return trans.__('may run');
    case 'waiting':
      return trans.__('waiting');
    case 'running':
      return trans.__('running');
    case 'ok':
      return trans.__('done');
    case 'unchanged':
      return trans.__('unchanged');
    case 'failed':
      return trans.__('failed');
    case 'left out':
      return trans.__('left out');
    case 'not reached':
      return trans.__('not reached');
    case 'interrupted':
      return trans.__('interrupted');
  }
}

/** The second line of a node: the state, and of what runs how far it is, of what will run why. */
export function nodeWords({ stage, why, standing }: IStepNow, trans: TranslationBundle): string {
  const state = stageWords(stage, trans);
  if (stage === 'running' && standing !== null) {
    if (standing.items > 0) {
      return trans.__('%1, %2 of %3 items', state, standing.items_done, standing.items);
    }
    return standing.of > 0
      ? trans.__('%1, cell %2 of %3', state, standing.done, standing.of)
      : state;
  }
  if (stage === 'ok' && standing !== null && standing.seconds !== null) {
    return trans.__('%1, %2', state, durationWords(standing.seconds * 1000, trans));
  }
  return whyWords({ stage, why }, trans) ?? state;
}

/** State and reasons together, `null` where there is no reason to tell. */
export function whyWords(
  { stage, why }: Pick<IStepNow, 'stage' | 'why'>,
  trans: TranslationBundle
): string | null {
  if (why.length === 0 || stage === 'ok' || stage === 'failed') {
    return null;
  }
  const reasons = why.join('; ');
  return stage === 'may'
    ? trans.__('may run, after %1', why.join(', '))
    : trans.__('%1: %2', stageWords(stage, trans), reasons);
}

/** What was seen to cross an edge. */
export function crossingWords(edge: WireEdge, trans: TranslationBundle): string {
  const parts = [
    ...(edge.names.length === 0
      ? []
      : [trans.__('%1 (%2)', listWords(edge.names, trans), sizeWords(edge.bytes))]),
    ...(edge.files.length === 0 ? [] : [trans.__('files %1', listWords(edge.files, trans))])
  ];
  return parts.length === 0
    ? trans.__('nothing was seen to cross yet')
    : parts.join(trans.__('; '));
}

/** How the pipeline as a whole stands, in a list. */
export function summaryWords(one: WirePipelineSummary, trans: TranslationBundle): string {
  if (one.stage === 'running') {
    return trans.__('running');
  }
  if (one.problem !== null) {
    return one.problem;
  }
  const steps = trans._n('%1 step', '%1 steps', one.steps);
  if (one.failed > 0) {
    return trans.__('%1, %2', steps, trans._n('%1 failed', '%1 failed', one.failed));
  }
  if (one.to_run === 0) {
    return trans.__('%1, nothing to do', steps);
  }
  return trans.__('%1, %2', steps, trans._n('%1 would run', '%1 would run', one.to_run));
}

/** How a run stands, or stood. */
export function runWords(run: WirePipelineRun, trans: TranslationBundle): string {
  const { stage, started_ms, ended_ms, steps } = run;
  const took = durationWords((ended_ms ?? started_ms) - started_ms, trans);
  const over = steps.filter(
    ({ state }) => state === 'ok' || state === 'unchanged' || state === 'left out'
  ).length;
  const ran = steps.filter(({ state }) => state === 'ok').length;
  const failed = steps.filter(({ state }) => state === 'failed').map(({ step }) => step);
  switch (stage) {
    case 'running':
      if (run.is_cancelled) {
        return trans.__('Cancelling…');
      }
      return steps.length === 0
        ? trans.__('Starting…')
        : trans.__('Running: %1 of %2 steps done', over, steps.length);
    case 'ended':
      return ran === 0
        ? trans.__('Nothing to do: every step is unchanged.')
        : trans._n('%1 step ran, in %2.', '%1 steps ran, in %2.', ran, took);
    case 'failed':
      return failed.length === 0
        ? trans.__('Failed after %1.', took)
        : trans.__('Failed after %1: %2.', took, listWords(failed, trans));
    case 'cancelled':
      return trans.__('Cancelled. What has run is kept.');
  }
}
