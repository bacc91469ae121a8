import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FakeChanges, FakeParametersApi, settled } from '../../testing/fakes';
import { Failed } from '../api/trouble';
import type { ParameterForm, WireActivity, WireField } from '../wire/generated';
import { ParametersState } from './parameters';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function aField(name: string, over: Partial<WireField> = {}): WireField {
  return {
    name,
    field: 'integer',
    default: '3',
    choices: [],
    minimum: null,
    maximum: null,
    takes: 'an integer',
    help: null,
    is_secret: false,
    ...over
  };
}

function aForm(over: Partial<ParameterForm> = {}): ParameterForm {
  return {
    notebook: 'work.ipynb',
    problem: null,
    cell: 1,
    parameters: [aField('depth'), aField('trees', { default: '100' })],
    proposals: [],
    more_proposals: 0,
    undoable: [],
    activity: null,
    sweeps: [],
    ...over
  };
}

function anActivity(over: Partial<WireActivity> = {}): WireActivity {
  return {
    kind: 'run',
    stage: 'running',
    is_cancelled: false,
    started_ms: 0,
    ended_ms: null,
    done: 0,
    of: 0,
    number: null,
    message: null,
    output: null,
    notes: [],
    ...over
  };
}

/** The form of a notebook that is open in JupyterLab, and what was done with its document. */
async function desk(form = aForm()) {
  const api = new FakeParametersApi();
  const changes = new FakeChanges();
  const done: string[] = [];
  const doors = {
    save: (path: string) => Promise.resolve(void done.push(`save ${path}`)),
    reload: (path: string) => Promise.resolve(void done.push(`reload ${path}`))
  };
  const state = new ParametersState(api, doors, changes);
  void state.open('work.ipynb');
  await settled();
  await api.forms.answer(0, form);
  return { api, changes, done, state };
}

test('only what differs from its default is given, and what is wrong stands at its field', async () => {
  const { api, done, state } = await desk();
  state.type('depth', '30');
  state.type('trees', '7');
  state.type('trees', '100');
  const run = state.run();
  await settled();
  expect(done).toEqual(['save work.ipynb', 'save work.ipynb']);
  expect(api.questions.asked).toEqual([
    { notebook: 'work.ipynb', texts: { depth: '30' }, run: true }
  ]);
  const problem = { name: 'depth', message: 'takes an integer, 1 to 20' };
  await api.questions.answer(0, { problems: [problem], activity: null });
  expect(await run).toBe('depth');
  expect(state.now.problems.get('depth')).toBe('takes an integer, 1 to 20');
  state.type('depth', '3');
  expect(state.now.problems.size).toBe(0);
  expect(state.now.typed.size).toBe(0);
});

test('what is said of a value that was typed over is not believed', async () => {
  const { api, state } = await desk();
  state.type('depth', '30');
  const left = state.leave('depth');
  state.type('depth', '4');
  await api.questions.answer(0, {
    problems: [{ name: 'depth', message: 'too many' }],
    activity: null
  });
  await left;
  expect(state.now.problems.size).toBe(0);
});

test('a run is followed until it is over, and no second one is begun beside it', async () => {
  const { api, changes, done, state } = await desk();
  void state.run();
  await settled();
  await api.questions.answer(0, { problems: [], activity: anActivity() });
  expect(await state.run()).toBeNull();
  expect(api.questions.asked).toHaveLength(1);
  changes.tell('parameters', 'other.ipynb');
  changes.tell('parameters', 'work.ipynb');
  await vi.advanceTimersByTimeAsync(1000);
  expect(api.activities.asked).toEqual(['work.ipynb']);
  await api.activities.answer(0, { problems: [], activity: anActivity({ stage: 'ended' }) });
  expect(state.isRunning).toBe(false);
  expect(done).not.toContain('reload work.ipynb');
});

test('a form that cannot be had anew leaves the run as it stands', async () => {
  const { api, changes, state } = await desk(aForm({ activity: anActivity() }));
  expect(state.isRunning).toBe(true);
  changes.tell('parameters', 'work.ipynb');
  await vi.advanceTimersByTimeAsync(1000);
  await api.activities.answer(0, { problems: [], activity: anActivity({ stage: 'ended' }) });
  expect(state.isRunning).toBe(false);
  void state.open('work.ipynb');
  await settled();
  await api.forms.fail(1, new Failed({ kind: 'offline', message: '' }));
  expect(state.now.form.trouble?.kind).toBe('offline');
  expect(state.isRunning).toBe(false);
});

test('a pick that was made is read again, and its document too', async () => {
  const proposal = {
    name: 'rate',
    default: '0.1',
    written: 'rate',
    cell: 'c',
    number: 1,
    reaches: []
  };
  const { api, changes, done, state } = await desk(aForm({ proposals: [proposal] }));
  state.pick('rate', true);
  void state.makeParameters();
  await settled();
  expect(api.picks.asked).toEqual([{ notebook: 'work.ipynb', names: ['rate'] }]);
  await api.picks.answer(0, { problems: [], activity: anActivity({ kind: 'pick' }) });
  changes.tell('parameters', 'work.ipynb');
  await vi.advanceTimersByTimeAsync(1000);
  const activity = anActivity({ kind: 'pick', stage: 'ended' });
  await api.activities.answer(0, { problems: [], activity });
  expect(done.at(-1)).toBe('reload work.ipynb');
  await api.forms.answer(1, aForm({ parameters: [aField('rate')], activity }));
  expect(state.now.picked.size).toBe(0);
});

test('trouble is told, and another notebook begins anew', async () => {
  const { api, state } = await desk();
  state.type('depth', '4');
  void state.run();
  await settled();
  await api.questions.fail(0, new Failed({ kind: 'offline', message: '' }));
  expect(state.now.trouble?.kind).toBe('offline');
  void state.open('other.ipynb');
  await settled();
  expect(state.now.typed.size).toBe(0);
  expect(state.now.trouble).toBeNull();
  expect(state.now.form.value).toBeNull();
});

test('what the server told while the connection was lost is asked for', async () => {
  const { api, state } = await desk(aForm({ activity: anActivity() }));
  await vi.advanceTimersByTimeAsync(20_000);
  await api.activities.answer(0, { problems: [], activity: anActivity({ stage: 'ended' }) });
  expect(state.isRunning).toBe(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(api.activities.asked).toEqual(['work.ipynb']);
});

test('trouble with one notebook is not told over the form of another', async () => {
  const { api, state } = await desk();
  void state.run();
  await settled();
  void state.open('other.ipynb');
  await settled();
  await api.questions.fail(0, new Failed({ kind: 'offline', message: '' }));
  expect(state.now.trouble).toBeNull();
});

test('that it could not be seen how a run stands is over when it can be seen again', async () => {
  const { api, state } = await desk(aForm({ activity: anActivity() }));
  await vi.advanceTimersByTimeAsync(20_000);
  await api.activities.fail(0, new Failed({ kind: 'offline', message: '' }));
  expect(state.now.trouble?.kind).toBe('offline');
  await vi.advanceTimersByTimeAsync(20_000);
  await api.activities.answer(1, { problems: [], activity: anActivity({ done: 1, of: 2 }) });
  expect(state.now.trouble).toBeNull();
});

test('why a wish was refused stays until it is asked again', async () => {
  const { api, state } = await desk(aForm({ activity: anActivity() }));
  void state.cancel();
  await api.cancels.fail(0, new Failed({ kind: 'forbidden', status: 403, message: '' }));
  await vi.advanceTimersByTimeAsync(20_000);
  await api.activities.answer(0, { problems: [], activity: anActivity({ done: 1, of: 2 }) });
  expect(state.now.trouble?.kind).toBe('forbidden');
  void state.refresh();
  expect(state.now.trouble).toBeNull();
});

test('a pick is read again in its document while the form is of another notebook', async () => {
  const { api, changes, done, state } = await desk();
  state.pick('rate', true);
  void state.makeParameters();
  await settled();
  await api.picks.answer(0, { problems: [], activity: anActivity({ kind: 'pick' }) });
  void state.open('other.ipynb');
  await settled();
  await api.forms.answer(1, aForm({ notebook: 'other.ipynb' }));
  changes.tell('parameters', 'work.ipynb');
  await vi.advanceTimersByTimeAsync(1000);
  expect(api.activities.asked).toEqual(['work.ipynb']);
  const activity = anActivity({ kind: 'pick', stage: 'ended' });
  await api.activities.answer(0, { problems: [], activity });
  expect(done.filter(one => one.startsWith('reload'))).toEqual(['reload work.ipynb']);
  expect(state.now.activity).toBeNull();
  changes.tell('parameters', 'work.ipynb');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(api.activities.asked).toHaveLength(1);
});

test('the end of a pick that was not told is asked for, whatever form is shown', async () => {
  const { api, done, state } = await desk(aForm({ activity: anActivity({ kind: 'pick' }) }));
  void state.open('other.ipynb');
  await settled();
  await vi.advanceTimersByTimeAsync(20_000);
  const activity = anActivity({ kind: 'pick', stage: 'ended' });
  await api.activities.answer(0, { problems: [], activity });
  expect(done.at(-1)).toBe('reload work.ipynb');
});

test('what is typed is kept for each notebook', async () => {
  const { api, state } = await desk();
  state.type('depth', '4');
  void state.open('other.ipynb');
  await settled();
  expect(state.now.typed.size).toBe(0);
  void state.open('work.ipynb');
  await settled();
  await api.forms.answer(2, aForm());
  expect([...state.now.typed]).toEqual([['depth', '4']]);
});

test('a notebook that is read again is judged again', async () => {
  const { api, state } = await desk();
  state.type('depth', '30');
  void state.run();
  await settled();
  const problems = [
    { name: '', message: 'cell 1 cannot be read' },
    { name: 'depth', message: 'takes an integer, 1 to 20' }
  ];
  await api.questions.answer(0, { problems, activity: null });
  expect(state.now.problems.size).toBe(2);
  void state.refresh();
  await settled();
  await api.forms.answer(1, aForm());
  expect(state.now.problems.size).toBe(0);
  expect(api.questions.asked.at(-1)).toEqual({
    notebook: 'work.ipynb',
    texts: { depth: '30' },
    run: false
  });
  const still = [{ name: 'depth', message: 'takes an integer, 1 to 25' }];
  await api.questions.answer(1, { problems: still, activity: null });
  expect([...state.now.problems]).toEqual([['depth', 'takes an integer, 1 to 25']]);
});
