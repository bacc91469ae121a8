import { expect, test } from 'vitest';

import { linePath, nearestTo, placeIn, rangeOf, stepByKey } from './chart';

test('the range is of the numbers alone', () => {
  expect(rangeOf([3, 'NaN', -1, 'Infinity'])).toEqual({ low: -1, high: 3 });
  expect(rangeOf(['NaN'])).toBeNull();
  expect(rangeOf([])).toBeNull();
});

test('a value of a flat line lies in its middle', () => {
  expect(placeIn({ low: 2, high: 2 }, 2)).toBe(0.5);
  expect(placeIn({ low: 0, high: 4 }, 1)).toBe(0.25);
});

test('a line goes from the first step to the last, high values above', () => {
  expect(linePath({ steps: [0, 10, 20], values: [1, 0.5, 0] }, 200, 40)).toBe(
    'M0 0h0L100 20L200 40'
  );
});

test('steps lie as far apart as they are', () => {
  expect(linePath({ steps: [0, 1, 10], values: [0, 1, 1] }, 100, 10)).toBe('M0 10h0L10 0L100 0');
});

test('a line breaks where a value is no number', () => {
  expect(linePath({ steps: [0, 1, 2, 3], values: [0, 'NaN', 1, 0] }, 30, 10)).toBe(
    'M0 10h0M20 0h0L30 10'
  );
  expect(linePath({ steps: [0, 1], values: ['NaN', 'Infinity'] }, 30, 10)).toBe('');
});

test('the nearest step to a place is found', () => {
  expect([0, 0.04, 0.06, 1].map(place => nearestTo([0, 1, 10], place))).toEqual([0, 0, 1, 2]);
});

test('keys lead along the line and not beyond its ends', () => {
  expect(stepByKey('ArrowRight', 3, 5)).toBe(4);
  expect(stepByKey('ArrowRight', 4, 5)).toBe(4);
  expect(stepByKey('ArrowLeft', 0, 5)).toBe(0);
  expect(stepByKey('End', 0, 5)).toBe(4);
  expect(stepByKey('PageUp', 0, 100)).toBe(10);
  expect(stepByKey('Tab', 0, 5)).toBeNull();
});
