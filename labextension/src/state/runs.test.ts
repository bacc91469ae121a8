import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { aDetail, aList, aRun, FakeChanges, FakeRunsApi, trialsOf } from '../../testing/fakes';
import { Failed, troubleOf } from '../api/trouble';
import { CurrentNotebook } from './notebook';
import { newestWithModel, RunsState } from './runs';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function sidebar(): {
  api: FakeRunsApi;
  notebook: CurrentNotebook;
  changes: FakeChanges;
  runs: RunsState;
} {
  const api = new FakeRunsApi();
  const notebook = new CurrentNotebook();
  const changes = new FakeChanges();
  return { api, notebook, changes, runs: new RunsState(api, notebook, changes) };
}

test('without a notebook nothing is asked, unless all runs are wanted', () => {
  const { api, runs } = sidebar();
  void runs.refresh();
  expect(api.lists.asked).toEqual([]);
  runs.choose('all');
  expect(api.lists.asked).toEqual([null]);
});

test('another notebook shows its own runs, and never those of the one before', async () => {
  const { api, notebook, runs } = sidebar();
  notebook.show('a.ipynb');
  await api.lists.answer(0, aList(aRun('1')));
  notebook.show('b.ipynb');
  expect(runs.now.list).toEqual({ value: null, trouble: null, loading: true });
  await api.lists.answer(1, aList(aRun('2')));
  expect(runs.now.list.value?.runs.map(run => run.run)).toEqual(['2']);
  expect(api.lists.asked).toEqual(['a.ipynb', 'b.ipynb']);
});

test('the answer for a notebook that was left is not shown under the next one', async () => {
  const { api, notebook, runs } = sidebar();
  notebook.show('a.ipynb');
  notebook.show('b.ipynb');
  await api.lists.answer(0, aList(aRun('of a')));
  expect(runs.now.list.value).toBeNull();
});

test('a burst of events becomes one question', () => {
  const { api, notebook, changes } = sidebar();
  notebook.show('a.ipynb');
  changes.tell('runs', 'a.ipynb');
  changes.tell('runs');
  notebook.stir();
  vi.runAllTimers();
  expect(api.lists.asked).toEqual(['a.ipynb', 'a.ipynb']);
});

test('events that keep coming do not put the question off', () => {
  const { api, notebook, changes } = sidebar();
  notebook.show('a.ipynb');
  for (let step = 0; step < 10; step += 1) {
    changes.tell('runs', 'a.ipynb');
    vi.advanceTimersByTime(100);
  }
  expect(api.lists.asked.length).toBeGreaterThan(4);
});

test('events about something else ask nothing', () => {
  const { api, notebook, changes } = sidebar();
  notebook.show('a.ipynb');
  changes.tell('runs', 'other.ipynb');
  changes.tell('models');
  changes.tell('capture', 'a.ipynb');
  vi.runAllTimers();
  expect(api.lists.asked).toEqual(['a.ipynb']);
});

test('all runs are asked for again when any notebook has a new one', () => {
  const { api, changes, runs } = sidebar();
  runs.choose('all');
  changes.tell('runs', 'other.ipynb');
  vi.runAllTimers();
  expect(api.lists.asked).toEqual([null, null]);
});

test('the details of the run opened last are shown, in whatever order they come', async () => {
  const { api, runs } = sidebar();
  runs.open('1');
  runs.open('2');
  await api.details.answer(1, aDetail('2'));
  await api.details.answer(0, aDetail('1'));
  expect(runs.now.opened).toBe('2');
  expect(runs.now.detail.value?.run).toBe('2');
});

test('an open run is asked for again when something changed', async () => {
  const { api, notebook, changes, runs } = sidebar();
  notebook.show('a.ipynb');
  runs.open('1');
  await api.details.answer(0, aDetail('1', { status: 'running' }));
  changes.tell('runs', 'a.ipynb');
  vi.advanceTimersByTime(1000);
  await api.details.answer(1, aDetail('1'));
  expect(runs.now.detail.value?.status).toBe('finished');
});

test('an open run stays open when the notebook changes', () => {
  const { notebook, runs } = sidebar();
  runs.open('1');
  notebook.show('b.ipynb');
  expect(runs.now.opened).toBe('1');
});

test('closed details do not come back with a late answer', async () => {
  const { api, runs } = sidebar();
  runs.open('1');
  runs.close();
  await api.details.answer(0, aDetail('1'));
  expect(runs.now.detail.value).toBeNull();
  expect(runs.now.opened).toBeNull();
});

test('settings give the scope until it is chosen by hand', () => {
  const { runs } = sidebar();
  runs.prefer({ metricsPerRow: 5, scope: 'all' });
  expect(runs.now).toMatchObject({ metricsPerRow: 5, scope: 'all' });
  runs.choose('notebook');
  runs.prefer({ metricsPerRow: 2, scope: 'all' });
  expect(runs.now).toMatchObject({ metricsPerRow: 2, scope: 'notebook' });
});

test('the newest run with a model is the one to register', () => {
  const list = aList(aRun('3', { has_model: false }), aRun('2'), aRun('1'));
  expect(newestWithModel(list)?.run).toBe('2');
  expect(newestWithModel(aList())).toBeNull();
  expect(newestWithModel(null)).toBeNull();
});

test('the trials of a search are asked for when it is opened up, and again when something changed', async () => {
  const { api, notebook, changes, runs } = sidebar();
  notebook.show('a.ipynb');
  await api.lists.answer(0, aList(aRun('s', { kind: 'search', trials: 2 })));
  expect(api.trialLists.asked).toEqual([]);
  runs.expand('s', true);
  expect(runs.now.expanded.has('s')).toBe(true);
  await api.trialLists.answer(0, trialsOf('s', 't1', 't2'));
  expect(runs.now.trials.get('s')?.value?.trials.map(trial => trial.run)).toEqual(['t1', 't2']);
  changes.tell('runs', 'a.ipynb');
  vi.runAllTimers();
  expect(api.trialLists.asked).toEqual(['s', 's']);
  runs.expand('s', false);
  changes.tell('runs', 'a.ipynb');
  vi.runAllTimers();
  expect(api.trialLists.asked).toEqual(['s', 's']);
});

test('a search that the list does not show any more is not asked about', async () => {
  const { api, notebook, runs } = sidebar();
  notebook.show('a.ipynb');
  await api.lists.answer(0, aList(aRun('s', { kind: 'search', trials: 1 })));
  runs.expand('s', true);
  notebook.show('b.ipynb');
  await api.lists.answer(1, aList(aRun('other')));
  void runs.refresh();
  expect(api.trialLists.asked).toEqual(['s']);
});

test('the details of a search bring its trials, those of another run none', async () => {
  const { api, runs } = sidebar();
  runs.open('1');
  await api.details.answer(0, aDetail('1'));
  runs.open('s');
  await api.details.answer(1, aDetail('s', { kind: 'search', trials: 3 }));
  expect(api.trialLists.asked).toEqual(['s']);
});

test('a run that is deleted is closed, and the list is asked for again', async () => {
  const { api, notebook, runs } = sidebar();
  notebook.show('a.ipynb');
  runs.open('1');
  await api.details.answer(0, aDetail('1'));
  void runs.remove('1');
  await api.removals.answer(0, { run: '1', trials: 0, blobs: 2, freed_bytes: 9 });
  expect(runs.now.opened).toBeNull();
  expect(api.lists.asked).toEqual(['a.ipynb', 'a.ipynb']);
});

test('a trial is closed when its search is deleted', async () => {
  const { api, runs } = sidebar();
  runs.open('t');
  await api.details.answer(0, aDetail('t', { kind: 'trial', parent: 's' }));
  void runs.remove('s');
  await api.removals.answer(0, { run: 's', trials: 1, blobs: 0, freed_bytes: 0 });
  expect(runs.now.opened).toBeNull();
});

test('a run that could not be deleted stays open', async () => {
  const { api, runs } = sidebar();
  runs.open('1');
  await api.details.answer(0, aDetail('1'));
  const trouble = { kind: 'folder_not_writable', message: '', folder: '', reason: '' } as const;
  const outcome = runs.remove('1').catch(troubleOf);
  await api.removals.fail(0, new Failed(trouble));
  expect(await outcome).toEqual(trouble);
  expect(runs.now.opened).toBe('1');
});

test('a run is found wherever it is shown', async () => {
  const { api, runs } = sidebar();
  runs.choose('all');
  await api.lists.answer(0, aList(aRun('s', { kind: 'search', trials: 1 })));
  runs.expand('s', true);
  await api.trialLists.answer(0, trialsOf('s', 't'));
  expect([runs.find('s')?.kind, runs.find('t')?.kind, runs.find('x')]).toEqual([
    'search',
    'trial',
    null
  ]);
});

test('what the server told of a replay while the connection was lost is asked for', async () => {
  const { api, notebook, runs } = sidebar();
  notebook.show('a.ipynb');
  await api.lists.answer(0, aList(aRun('1', { replaying: true })));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(api.lists.asked).toHaveLength(2);
  await api.lists.answer(1, aList(aRun('1', { replay_problem: 'it was killed' })));
  expect(runs.now.list.value?.runs[0].replaying).toBe(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(api.lists.asked).toHaveLength(2);
});

test('a run that goes on is asked for again too, in the details', async () => {
  const { api, runs } = sidebar();
  runs.open('1');
  await api.details.answer(0, aDetail('1', { status: 'running' }));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(api.details.asked).toEqual(['1', '1']);
});
