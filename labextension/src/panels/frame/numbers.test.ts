import { expect, test } from 'vitest';

import { metricWords, valueWords, sizeWords } from './numbers';

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

test.each([
  ['4.641588833612779', '4.642'],
  ['-0.1000000001', '-0.1'],
  ['1.0000000000000001e-05', '1.000e-5'],
  ['0.05', '0.05'],
  ['2024.12.31', '2024.12.31'],
  ['12345678901234', '12345678901234'],
  ['relu', 'relu']
])('of the parameter %s a row shows "%s"', (value, words) => {
  expect(valueWords(value)).toBe(words);
});
