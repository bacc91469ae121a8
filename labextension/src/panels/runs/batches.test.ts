import { expect, test } from 'vitest';

import { aRun } from '../../../testing/fakes';
import type { RunSummary } from '../../wire/generated';
import {
  amongItself,
  inBatches,
  isBatch,
  rangesOf,
  statusOf,
  variedIn,
  type IBatch
} from './batches';

/** Newest first, as the server lists them: n runs of one execution. */
function trained(count: number, over: Partial<RunSummary> = {}): RunSummary[] {
  return Array.from({ length: count }, (_, at) => {
    const value = (count - at) / 10;
    return aRun(`${over.trained_in ?? 'e1'}-${count - at}`, {
      trained_in: 'e1',
      metrics: [
        { name: 'r2', value, points: 1 },
        { name: `only_${at}`, value, points: 1 }
      ],
      differing: [
        { name: 'alpha', value: String(value), source: 'estimator' },
        { name: 'tol', value: '0.1', source: 'estimator' }
      ],
      ...over
    });
  });
}

function batchOf(runs: readonly RunSummary[]): IBatch {
  const [found] = inBatches(runs).filter(isBatch);
  return found;
}

test('many runs of one execution are one entry, in the order they began', () => {
  const before = aRun('before', { trained_in: 'e0' });
  const after = aRun('after', { trained_in: 'e2' });
  const listed = inBatches([after, ...trained(6), before]);
  expect(
    listed.map(entry => (isBatch(entry) ? entry.runs.map(({ run }) => run) : entry.run))
  ).toEqual(['after', ['e1-1', 'e1-2', 'e1-3', 'e1-4', 'e1-5', 'e1-6'], 'before']);
});

test('a few runs, runs of other executions and of other models stand for themselves', () => {
  expect(inBatches(trained(5)).some(isBatch)).toBe(false);
  const twice = [...trained(3, { trained_in: 'e2' }), ...trained(3)];
  expect(inBatches(twice).some(isBatch)).toBe(false);
  const models = trained(6).map((run, at) => ({ ...run, model_class: `sklearn.M${at}` }));
  expect(inBatches(models).some(isBatch)).toBe(false);
  const unknown = trained(6, { trained_in: null });
  expect(inBatches(unknown).some(isBatch)).toBe(false);
});

test('a batch whose runs alternate with others of the execution stands where its newest stood', () => {
  const other = (at: number): RunSummary =>
    aRun(`o${at}`, { trained_in: 'e1', model_class: 'a.B' });
  const mixed = trained(6).flatMap((run, at) => (at < 2 ? [other(at), run] : [run]));
  expect(inBatches(mixed).map(entry => (isBatch(entry) ? entry.runs.length : entry.run))).toEqual([
    'o0',
    6,
    'o1'
  ]);
});

test('it tells the range of each metric that all its runs have, and what was varied', () => {
  const batch = batchOf(trained(6));
  expect(rangesOf(batch, 3)).toEqual([{ name: 'r2', low: 0.1, high: 0.6 }]);
  expect(rangesOf(batch, 0)).toEqual([]);
  expect(variedIn(batch)).toEqual(['alpha']);
  expect(amongItself(batch).map(run => run.differing.map(({ name }) => name))).toEqual(
    Array(6).fill(['alpha'])
  );
});

test('it stands as the run that most wants to be looked at', () => {
  const [first, ...rest] = trained(7);
  expect(statusOf(batchOf([first, ...rest]))).toBe('finished');
  expect(statusOf(batchOf([{ ...first, status: 'interrupted' }, ...rest]))).toBe('interrupted');
  const failed = [{ ...rest[0], status: 'failed' as const }, ...rest.slice(1)];
  expect(statusOf(batchOf([{ ...first, status: 'interrupted' }, ...failed]))).toBe('failed');
  expect(statusOf(batchOf([{ ...first, status: 'running' }, ...failed]))).toBe('running');
});
