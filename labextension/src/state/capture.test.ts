import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { aStatus, FakeCaptureApi, FakeChanges } from '../../testing/fakes';
import { Failed, troubleOf } from '../api/trouble';
import { CaptureState } from './capture';
import { CurrentNotebook } from './notebook';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

async function statusBar(capture: 'on' | 'paused' | 'off' | 'none'): Promise<{
  api: FakeCaptureApi;
  notebook: CurrentNotebook;
  changes: FakeChanges;
  state: CaptureState;
}> {
  const api = new FakeCaptureApi();
  const notebook = new CurrentNotebook();
  const changes = new FakeChanges();
  const state = new CaptureState(api, notebook, changes);
  notebook.show('flights.ipynb');
  await api.statuses.answer(0, aStatus(capture));
  return { api, notebook, changes, state };
}

test('a press pauses, the next one resumes', async () => {
  const { api, state } = await statusBar('on');
  void state.toggle();
  await api.wishes.answer(0, aStatus('paused'));
  expect(state.now.status.value?.capture).toBe('paused');
  void state.toggle();
  await api.wishes.answer(1, aStatus('on'));
  expect(state.now.status.value?.capture).toBe('on');
  expect(api.wishes.asked).toEqual([
    { notebook: 'flights.ipynb', capture: 'paused' },
    { notebook: 'flights.ipynb', capture: 'on' }
  ]);
});

test('a second press while the first is on its way does nothing', async () => {
  const { api, state } = await statusBar('on');
  void state.toggle();
  void state.toggle();
  expect(api.wishes.asked).toHaveLength(1);
  expect(state.now.asking).toBe(true);
});

test('what is off or has no kernel cannot be paused', async () => {
  for (const capture of ['off', 'none'] as const) {
    const { api, state } = await statusBar(capture);
    await state.toggle();
    expect(state.canToggle).toBe(false);
    expect(api.wishes.asked).toEqual([]);
  }
});

test('an older status does not undo the answer to a press', async () => {
  const { api, changes, state } = await statusBar('on');
  changes.tell('capture');
  vi.runAllTimers();
  void state.toggle();
  await api.wishes.answer(0, aStatus('paused'));
  await api.statuses.answer(1, aStatus('on'));
  expect(state.now.status.value?.capture).toBe('paused');
});

test('an answer for a notebook that was left is not shown for the next one', async () => {
  const { api, notebook, state } = await statusBar('on');
  void state.toggle();
  notebook.show('other.ipynb');
  await api.wishes.answer(0, aStatus('paused'));
  expect(state.now.status.value).toBeNull();
  expect(state.now.asking).toBe(false);
});

test('a refused pause throws, and the status stays', async () => {
  const { api, state } = await statusBar('on');
  const trouble = { kind: 'no_session', message: '', notebook: 'flights.ipynb' } as const;
  const outcome = state.toggle().catch(troubleOf);
  await api.wishes.fail(0, new Failed(trouble));
  expect(await outcome).toEqual(trouble);
  expect(state.now.status.value?.capture).toBe('on');
  expect(state.canToggle).toBe(true);
});

test('a sign of life is worth a question only until capture is on', async () => {
  const { api, notebook } = await statusBar('none');
  notebook.stir();
  vi.runAllTimers();
  await api.statuses.answer(1, aStatus('on'));
  notebook.stir();
  vi.runAllTimers();
  expect(api.statuses.asked).toHaveLength(2);
});

test('events about other notebooks ask nothing', async () => {
  const { api, changes } = await statusBar('on');
  changes.tell('capture', 'other.ipynb');
  changes.tell('runs', 'flights.ipynb');
  vi.runAllTimers();
  expect(api.statuses.asked).toHaveLength(1);
});
