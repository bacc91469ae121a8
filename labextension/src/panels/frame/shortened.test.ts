import { expect, test } from 'vitest';

import { shortened } from './shortened';

test('what is too long for a notification ends with a whole word', () => {
  const told = shortened('The store cannot be reached. '.repeat(10));
  expect(told.length).toBeLessThanOrEqual(140);
  expect(told.endsWith('The store cannot be…')).toBe(true);
  expect(shortened('x'.repeat(200))).toHaveLength(71);
});
