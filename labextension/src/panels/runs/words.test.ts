import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { aDetail, aRun } from '../../../testing/fakes';
import {
  answersTo,
  differenceWords,
  firstLine,
  judgedWords,
  kindWords,
  pageOf,
  rowMetrics,
  rowParameters,
  shortClass,
  trialMetrics,
  trialsWords,
  whyNotRegistered,
  whyNotReplayed
} from './words';

const trans = nullTranslator.load('cellmill');

test('a class is known by its last word', () => {
  expect(shortClass('sklearn.linear_model._ridge.Ridge')).toBe('Ridge');
  expect(shortClass('Ridge')).toBe('Ridge');
});

test('the first line of a cell is the first that says something', () => {
  expect(firstLine('\n\n%%time\n  model.fit(X, y)\nmodel')).toBe('model.fit(X, y)');
  expect(firstLine('%%bash')).toBe('%%bash');
  expect(firstLine('')).toBe('');
});

test('a run without a model says why it cannot be registered', () => {
  const without = (over: Parameters<typeof aDetail>[1]): string | null =>
    whyNotRegistered(aDetail('1', { has_model: false, ...over }), trans);
  expect(whyNotRegistered(aDetail('1'), trans)).toBeNull();
  expect(without({ status: 'running' })).toBe('The training still runs.');
  expect(without({ model_note: 'it is larger than 200 MB' })).toBe('It is larger than 200 MB.');
  expect(without({})).toBe('No model was kept.');
});

test('the filter wants every word, in any order and case', () => {
  const run = aRun('1', { status: 'failed' });
  expect(answersTo(run, '')).toBe(true);
  expect(answersTo(run, 'FAILED ridge')).toBe(true);
  expect(answersTo(run, 'r2')).toBe(true);
  expect(answersTo(run, 'ridge lasso')).toBe(false);
});

test('a run that is no plain fit says what it is', () => {
  expect(kindWords('fit', trans)).toBeNull();
  expect(kindWords('validation', trans)).toBe('cross-validation');
  expect([1, 2000].map(count => trialsWords(count, trans))).toEqual(['1 trial', '2,000 trials']);
});

test('a training that still runs shows its loss before all else', () => {
  const metrics = ['accuracy', 'train_loss', 'f1'].map(name => ({ name, value: 1, points: 2 }));
  const names = (run: Parameters<typeof rowMetrics>[0], limit: number): string[] =>
    rowMetrics(run, limit).map(({ name }) => name);
  expect(names(aRun('1', { metrics, status: 'running' }), 2)).toEqual(['train_loss', 'accuracy']);
  expect(names(aRun('1', { metrics, status: 'running' }), 0)).toEqual(['train_loss']);
  expect(names(aRun('1', { metrics }), 2)).toEqual(['accuracy', 'train_loss']);
});

test('only addresses of the web are followed', () => {
  const other = { system: 'wandb', id: 'x' } as const;
  expect(pageOf({ ...other, uri: 'https://wandb.ai/x' })).toBe('https://wandb.ai/x');
  for (const uri of ['javascript:alert(1)', 'file:///etc/passwd', null]) {
    expect(pageOf({ ...other, uri })).toBeNull();
  }
});

test('a trial shows what its search goes by before times and deviations', () => {
  const named = ['mean_fit_time', 'std_test_score', 'pruned_at', 'mean_test_score'];
  const metrics = named.map(name => ({ name, value: 1, points: 1 }));
  const names = (limit: number): string[] => trialMetrics(metrics, limit).map(({ name }) => name);
  expect(names(3)).toEqual(['mean_test_score', 'pruned_at']);
  expect(names(0)).toEqual(['mean_test_score']);
  expect(trialMetrics(metrics.slice(0, 2), 3)).toEqual(metrics.slice(0, 2));
});

test('a judgement says what it means, how old it is, and why', () => {
  const judged = aRun('1', { judgement: 'differs', judged_ms: 0, judged_reason: 'r2 is another' });
  expect(judgedWords(judged, 120_000, trans)).toBe(
    'Replayed 2 min ago: some figures came out otherwise\nr2 is another'
  );
  expect(judgedWords(aRun('1'), 0, trans)).toBe('');
  expect(answersTo(judged, 'differs')).toBe(true);
});

test('a trial and a training that still runs say why they are not replayed', () => {
  expect(whyNotReplayed(aRun('1'), trans)).toBeNull();
  expect(whyNotReplayed(aRun('1', { kind: 'trial' }), trans)).toBe(
    'A trial is replayed with its search.'
  );
  expect(whyNotReplayed(aRun('1', { status: 'running' }), trans)).toBe('The training still runs.');
});

test('two numbers say how far they are apart', () => {
  const figure = { what: 'metric', name: 'r2', recorded: '1', replayed: '2', same: false } as const;
  expect(differenceWords({ ...figure, relative: 1 }, trans)).toBe('Relative difference: 1.0e+0');
  expect(differenceWords({ ...figure, relative: null }, trans)).toBeUndefined();
});

test('a row tells the few short parameters that tell it apart', () => {
  const differing = ['1', 'x'.repeat(41), '[]', '2', '3', '4'].map((value, at) => ({
    name: `p${at}`,
    value,
    source: 'estimator' as const
  }));
  const run = aRun('1', { differing });
  expect(rowParameters(run).map(({ name }) => name)).toEqual(['p0', 'p3', 'p4']);
  expect(answersTo(run, 'p0=1')).toBe(true);
});
