import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { AskAgain } from './again';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('it is asked every while for as long as something runs', () => {
  let runs = false;
  let asked = 0;
  const again = new AskAgain(
    () => runs,
    () => (asked += 1)
  );
  again.call();
  vi.advanceTimersByTime(60_000);
  expect(asked).toBe(0);
  runs = true;
  again.call();
  again.call();
  vi.advanceTimersByTime(31_000);
  expect(asked).toBe(2);
  runs = false;
  vi.advanceTimersByTime(60_000);
  expect(asked).toBe(2);
});
