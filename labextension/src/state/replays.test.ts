import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import {
  aList,
  aRun,
  FakeChanges,
  FakeReplaysApi,
  FakeRunsApi,
  settled
} from '../../testing/fakes';
import { Failed, troubleOf } from '../api/trouble';
import type { RunSummary } from '../wire/generated';
import { CurrentNotebook } from './notebook';
import { ReplaysState } from './replays';
import { RunsState } from './runs';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

async function sidebar(): Promise<{
  lists: FakeRunsApi['lists'];
  changes: FakeChanges;
  api: FakeReplaysApi;
  replays: ReplaysState;
  failed: RunSummary[];
}> {
  const runsApi = new FakeRunsApi();
  const { lists } = runsApi;
  const notebook = new CurrentNotebook();
  const changes = new FakeChanges();
  const runs = new RunsState(runsApi, notebook, changes);
  notebook.show('flights.ipynb');
  await lists.answer(0, aList(aRun('1', { replay_problem: 'an old one' })));
  const api = new FakeReplaysApi();
  const replays = new ReplaysState(api, runs);
  const failed: RunSummary[] = [];
  replays.failed.connect((_, run) => failed.push(run));
  return { lists, changes, api, replays, failed };
}

test('a replay that ends without a judgement is told once, with its own reason', async () => {
  const { lists, changes, api, replays, failed } = await sidebar();
  void replays.start('1');
  await api.starts.answer(0, { runs: ['1'] });
  await lists.answer(1, aList(aRun('1', { replaying: true })));
  expect(failed).toEqual([]);
  for (const question of [2, 3]) {
    changes.tell('runs', 'flights.ipynb');
    vi.advanceTimersByTime(1000);
    await lists.answer(question, aList(aRun('1', { replay_problem: 'no space' })));
  }
  expect(failed.map(run => run.replay_problem)).toEqual(['no space']);
});

test('an answer of before it began is not taken for its end', async () => {
  const { lists, changes, api, replays, failed } = await sidebar();
  void replays.start('1');
  await api.starts.answer(0, { runs: ['1'] });
  changes.tell('runs', 'flights.ipynb'); // the server says that it began, and the list is asked for anew
  vi.advanceTimersByTime(1000);
  await lists.answer(1, aList(aRun('1', { replay_problem: 'an old one' })));
  expect(failed).toEqual([]);
  await lists.answer(2, aList(aRun('1', { replaying: true })));
  changes.tell('runs', 'flights.ipynb');
  vi.advanceTimersByTime(1000);
  await lists.answer(3, aList(aRun('1', { replay_problem: 'no space' })));
  expect(failed.map(run => run.replay_problem)).toEqual(['no space']);
});

test('a replay that somebody else asked for is not told here', async () => {
  const { lists, changes, failed } = await sidebar();
  changes.tell('runs', 'flights.ipynb');
  vi.advanceTimersByTime(1000);
  await lists.answer(1, aList(aRun('1', { replaying: true })));
  changes.tell('runs', 'flights.ipynb');
  vi.advanceTimersByTime(1000);
  await lists.answer(2, aList(aRun('1', { replay_problem: 'no space' })));
  expect(failed).toEqual([]);
});

test('a verdict is no trouble', async () => {
  const { lists, api, replays, failed } = await sidebar();
  void replays.startAll('flights.ipynb');
  await api.starts.answer(0, { runs: ['1'] });
  await lists.answer(1, aList(aRun('1', { judgement: 'differs' })));
  expect(failed).toEqual([]);
  expect(api.starts.asked).toEqual(['flights.ipynb']);
});

test('a replay that is refused asks for nothing else', async () => {
  const { lists, api, replays } = await sidebar();
  const outcome = replays.start('1').catch(troubleOf);
  await api.starts.fail(0, new Failed({ kind: 'offline', message: '' }));
  expect(await outcome).toEqual({ kind: 'offline', message: '' });
  expect(lists.asked.length).toBe(1);
});

test('who gives a replay up sees that it is over', async () => {
  const { lists, api, replays } = await sidebar();
  void replays.cancel('1');
  void replays.cancelAll('flights.ipynb');
  expect(api.cancels.asked).toEqual(['1', 'flights.ipynb']);
  await api.cancels.answer(0, { runs: [] });
  await settled();
  expect(lists.asked.length).toBe(2);
});
