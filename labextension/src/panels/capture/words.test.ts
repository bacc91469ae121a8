import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { problemLines } from './words';

const trans = nullTranslator.load('cellmill');

test('where nothing went wrong nothing is said', () => {
  expect(problemLines([], trans)).toEqual([]);
});

test('what went wrong is told with what to do, the newest of many', () => {
  expect(problemLines(['fitted: TypeError: no'], trans)).toContain('• fitted: TypeError: no');
  const many = problemLines(['a', 'b', 'c', 'd', 'e'], trans);
  expect(many).toContain('• e');
  expect(many).not.toContain('• b');
  expect(many).toContain('and 2 more');
  expect(many.at(-1)).toContain('Restart the kernel');
});
