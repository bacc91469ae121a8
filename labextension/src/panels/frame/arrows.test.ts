import { expect, test } from 'vitest';

import { stopAfter } from './arrows';

test('the keyboard goes on at the next entry that is left, or else at the one before', () => {
  const before = ['a', 'b', 'b trials', 't', 'c'];
  expect(stopAfter('b', before, ['new', 'a', 'c'])).toBe('c');
  expect(stopAfter('c', before, ['a', 'b'])).toBe('b');
  expect(stopAfter('a', ['a'], [])).toBeNull();
  expect(stopAfter('x', before, before)).toBeNull();
});
