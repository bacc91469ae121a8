import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FakeChanges, FakeSplitsApi } from '../../testing/fakes';
import { Failed } from '../api/trouble';
import type { SplitAnswered, WireSplit, WireSplitPlan } from '../wire/generated';
import { chosenSteps, SplitsState } from './splits';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const PLAN: WireSplitPlan = {
  cells: [1, 2, 3, 4].map(number => ({
    number,
    id: `cell-${number}`,
    first_line: `x = ${number}`,
    heading: number === 3 ? 'Fit' : null,
    trains: false,
    seconds: 0
  })),
  borders: [
    { number: 2, reason: 'it is a generator', names: [], bytes: 0 },
    { number: 3, reason: null, names: [{ name: 'x', bytes: 5 }], bytes: 5 },
    { number: 4, reason: null, names: [], bytes: 0 }
  ],
  steps: [
    { name: 'load', first: 1 },
    { name: 'report', first: 4 }
  ],
  notes: []
};

function aSplit(over: Partial<WireSplit> = {}): WireSplit {
  return {
    kind: 'look',
    stage: 'running',
    is_cancelled: false,
    name: 'work',
    started_ms: 0,
    ended_ms: null,
    words: null,
    done: 0,
    of: 0,
    message: null,
    reasons: [],
    plan: null,
    folder: null,
    compared: null,
    notes: [],
    ...over
  };
}

function answered(split: WireSplit | null): SplitAnswered {
  return { notebook: 'work.ipynb', suggested: 'work', problem: null, split };
}

/** A notebook that was looked at. */
async function looked() {
  const api = new FakeSplitsApi();
  const changes = new FakeChanges();
  const done: string[] = [];
  const doors = { save: (path: string) => Promise.resolve(void done.push(`save ${path}`)) };
  const state = new SplitsState(api, doors, folder => done.push(`made ${folder}`), changes);
  void state.open('work.ipynb');
  await api.standings.answer(0, answered(null));
  void state.propose();
  await vi.advanceTimersByTimeAsync(0);
  await api.asks.answer(0, answered(aSplit()));
  changes.tell('splits', 'work.ipynb');
  await vi.advanceTimersByTimeAsync(200);
  await api.standings.answer(1, answered(aSplit({ stage: 'ended', plan: PLAN })));
  return { api, changes, done, state };
}

test('the notebook is saved and looked at, and what is proposed is chosen', async () => {
  const { api, done, state } = await looked();
  expect(done).toEqual(['save work.ipynb']);
  expect(api.asks.asked).toEqual([
    { notebook: 'work.ipynb', name: 'work', at: null, network: false }
  ]);
  expect(state.now.borders).toEqual(new Set([4]));
});

test('a border stands only where one can, and moves past where none can', async () => {
  const { state } = await looked();
  state.toggle(2);
  expect(state.now.borders).toEqual(new Set([4]));
  expect(state.move(4, -1)).toBe(3);
  expect(state.now.borders).toEqual(new Set([3]));
  expect(state.move(3, -1)).toBe(3); // before cell 2 none can stand
  state.toggle(4);
  expect(state.now.borders).toEqual(new Set([3, 4]));
  state.toggle(3);
  state.toggle(4);
  expect(state.now.borders).toEqual(new Set());
  state.takeProposal();
  expect(state.now.borders).toEqual(new Set([4]));
});

test('borders are tried in their order under the name typed, and the pipeline is shown when it is there', async () => {
  const { api, changes, done, state } = await looked();
  state.toggle(3);
  state.type('flights');
  void state.make();
  await vi.advanceTimersByTimeAsync(0);
  expect(api.asks.asked.at(-1)).toEqual({
    notebook: 'work.ipynb',
    name: 'flights',
    at: [3, 4],
    network: false
  });
  await api.asks.answer(1, answered(aSplit({ kind: 'make', plan: PLAN })));
  changes.tell('splits', 'work.ipynb');
  await vi.advanceTimersByTimeAsync(200);
  const made = aSplit({ kind: 'make', stage: 'ended', plan: PLAN, folder: 'pipelines/flights' });
  await api.standings.answer(2, answered(made));
  expect(done).toEqual(['save work.ipynb', 'save work.ipynb', 'made pipelines/flights']);
  expect(state.now.borders).toEqual(new Set([3, 4]));
});

test('that it could not be seen how a split stands is over when it can be seen again, or on a retry', async () => {
  const { api, changes, state } = await looked();
  changes.tell('splits', 'work.ipynb');
  await vi.advanceTimersByTimeAsync(200);
  await api.standings.fail(2, new Failed({ kind: 'offline', message: '' }));
  expect(state.now.trouble?.kind).toBe('offline');
  changes.tell('splits', 'work.ipynb');
  await vi.advanceTimersByTimeAsync(200);
  await api.standings.answer(3, answered(null));
  expect(state.now.trouble).toBeNull();

  void state.cancel();
  await api.cancels.fail(0, new Failed({ kind: 'offline', message: '' }));
  expect(state.now.trouble?.kind).toBe('offline');
  void state.refresh();
  expect(state.now.trouble).toBeNull();
});

test('steps go from border to border, called as proposed or after their heading', () => {
  expect(
    chosenSteps(PLAN, new Set([4, 3])).map(({ name, first, last }) => [name, first, last])
  ).toEqual([
    ['load', 1, 2],
    ['Fit', 3, 3],
    ['report', 4, 4]
  ]);
});
