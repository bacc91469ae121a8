import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { fileName, listWords } from './names';

const trans = nullTranslator.load('cellmill');

test('a notebook is known by its file', () => {
  expect(fileName('notebooks/tour.ipynb')).toBe('tour.ipynb');
  expect(fileName('tour.ipynb')).toBe('tour.ipynb');
});

test('of many names the first are said, and the others counted', () => {
  expect(listWords(['a', 'b'], trans)).toBe('a, b');
  expect(listWords('a b c d e f g h i j k l m n'.split(' '), trans)).toBe(
    'a, b, c, d, e, f, g, h, i, j, k, l and 2 more'
  );
});
