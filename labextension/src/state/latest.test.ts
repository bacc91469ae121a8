import { expect, test } from 'vitest';

import { Questions } from '../../testing/fakes';
import { Failed, type Trouble } from '../api/trouble';
import { Latest, NOTHING, type IFetched } from './latest';

const OFFLINE: Trouble = { kind: 'offline', message: 'gone' };

function asking(): {
  questions: Questions<string>;
  latest: Latest<string>;
  ask: () => void;
  shown: () => IFetched<string>;
} {
  let fetched: IFetched<string> = NOTHING;
  const questions = new Questions<string>();
  const latest = new Latest<string>(next => {
    fetched = next;
  });
  return {
    questions,
    latest,
    ask: () => void latest.ask(() => questions.ask('?')),
    shown: () => fetched
  };
}

test('an answer that comes after a newer one is left out', async () => {
  const { questions, ask, shown } = asking();
  ask();
  ask();
  await questions.answer(1, 'new');
  await questions.answer(0, 'old');
  expect(shown()).toEqual({ value: 'new', trouble: null, loading: false });
});

test('an old answer that comes first does not end the wait for the new one', async () => {
  const { questions, ask, shown } = asking();
  ask();
  ask();
  await questions.answer(0, 'old');
  expect(shown()).toEqual({ value: null, trouble: null, loading: true });
});

test('trouble keeps what was shown, and the next answer ends it', async () => {
  const { questions, ask, shown } = asking();
  ask();
  await questions.answer(0, 'first');
  ask();
  await questions.fail(1, new Failed(OFFLINE));
  expect(shown()).toEqual({ value: 'first', trouble: OFFLINE, loading: false });
  ask();
  await questions.answer(2, 'second');
  expect(shown()).toEqual({ value: 'second', trouble: null, loading: false });
});

test('an old failure does not spoil a newer answer', async () => {
  const { questions, ask, shown } = asking();
  ask();
  ask();
  await questions.answer(1, 'new');
  await questions.fail(0, new Failed(OFFLINE));
  expect(shown()).toEqual({ value: 'new', trouble: null, loading: false });
});

test('what was forgotten does not come back', async () => {
  const { questions, latest, ask, shown } = asking();
  ask();
  latest.forget();
  await questions.answer(0, 'late');
  expect(shown()).toEqual(NOTHING);
});

test('an answer that came by another way is newer than the questions under way', async () => {
  const { questions, latest, ask, shown } = asking();
  ask();
  latest.take('told');
  await questions.answer(0, 'late');
  expect(shown()).toEqual({ value: 'told', trouble: null, loading: false });
});

test('a fault of ours is shown, not swallowed', async () => {
  const { questions, ask, shown } = asking();
  ask();
  await questions.fail(0, new TypeError('x is not a function'));
  expect(shown().trouble).toEqual({ kind: 'internal', message: 'x is not a function' });
});
