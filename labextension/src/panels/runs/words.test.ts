import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { aDetail, aRun } from '../../../testing/fakes';
import { answersTo, fileName, firstLine, shortClass, whyNotRegistered } from './words';

const trans = nullTranslator.load('cellmill');

test('a class is known by its last word, a notebook by its file', () => {
  expect(shortClass('sklearn.linear_model._ridge.Ridge')).toBe('Ridge');
  expect(shortClass('Ridge')).toBe('Ridge');
  expect(fileName('notebooks/tour.ipynb')).toBe('tour.ipynb');
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
  expect(without({ model_note: 'It is larger than 200 MB.' })).toBe('It is larger than 200 MB.');
  expect(without({})).toBe('No model was kept.');
});

test('the filter wants every word, in any order and case', () => {
  const run = aRun('1', { status: 'failed' });
  expect(answersTo(run, '')).toBe(true);
  expect(answersTo(run, 'FAILED ridge')).toBe(true);
  expect(answersTo(run, 'r2')).toBe(true);
  expect(answersTo(run, 'ridge lasso')).toBe(false);
});
