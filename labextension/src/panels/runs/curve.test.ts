import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import type { WireCurve } from '../../wire/generated';
import { pointWords, summary } from './curve';

const trans = nullTranslator.load('cellmill');

const LOSS: WireCurve = {
  name: 'loss',
  axis: 'step',
  steps: [0, 1, 2, 3],
  values: [2, 0.5, 'NaN', 1],
  points: 4
};

test('a point is told with its step', () => {
  expect(pointWords(LOSS, 1, trans)).toBe('step 1: 0.5');
  expect(pointWords(LOSS, 2, trans)).toBe('step 2: NaN');
  expect(pointWords({ ...LOSS, axis: 'measurement' }, 3, trans)).toBe('measurement 3: 1');
});

test('a line is told in words, with what is missing from it', () => {
  expect(summary(LOSS, trans)).toBe(
    'History of loss, steps 0 to 3; lowest 0.5 at 1; highest 2 at 0; last 1; some values are no numbers'
  );
  expect(summary({ ...LOSS, values: [1, 1, 1, 1], points: 9000 }, trans)).toContain(
    '4 of 9,000 points shown'
  );
});

test('a line without a number is told as well', () => {
  expect(summary({ ...LOSS, values: ['NaN', 'NaN', 'NaN', 'NaN'] }, trans)).toBe(
    'History of loss, steps 0 to 3; some values are no numbers'
  );
});
