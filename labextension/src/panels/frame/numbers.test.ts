import { expect, test } from 'vitest';

import { metricWords, sizeWords } from './numbers';

test.each([
  [0, '0'],
  [0.912345, '0.9123'],
  [17.8123, '17.81'],
  [-0.5, '-0.5'],
  [1.2e-7, '1.200e-7'],
  [3.5e12, '3.500e+12'],
  ['NaN' as const, 'NaN'],
  ['-Infinity' as const, '-Infinity']
])('the metric %s reads as "%s"', (value, words) => {
  expect(metricWords(value)).toBe(words);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_423_112, '1.42 MB'],
  [5e12, '5,000 GB']
])('%d bytes read as "%s"', (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});
