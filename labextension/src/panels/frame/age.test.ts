import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { ageWords, durationWords } from './age';

const trans = nullTranslator.load('cellmill');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [-5 * SECOND, 'just now'],
  [0, 'just now'],
  [44 * SECOND, 'just now'],
  [45 * SECOND, '1 min ago'],
  [2 * MINUTE, '2 min ago'],
  [59.4 * MINUTE, '59 min ago'],
  [59.6 * MINUTE, '1 h ago'],
  [23.4 * HOUR, '23 h ago'],
  [23.6 * HOUR, '1 day ago'],
  [3 * DAY, '3 days ago']
])('%d ms reads as "%s"', (age, words) => {
  expect(ageWords(1_000_000, 1_000_000 + age, trans)).toBe(words);
});

test.each([
  [-3, '0 ms'],
  [36, '36 ms'],
  [1400, '1.4 s'],
  [2000, '2 s'],
  [42_000, '42 s'],
  [99_000, '99 s'],
  [150_000, '2.5 min']
])('%d ms takes "%s"', (ms, words) => {
  expect(durationWords(ms, trans)).toBe(words);
});
