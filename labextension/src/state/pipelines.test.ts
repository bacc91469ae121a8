import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FakeChanges, FakePipelinesApi, settled } from '../../testing/fakes';
import { Failed } from '../api/trouble';
import type { WirePipeline, WirePipelineRun, WireStanding, WireStep } from '../wire/generated';
import { CurrentNotebook } from './notebook';
import { PipelinesState, stepNow } from './pipelines';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const FOLDER = 'pipelines/flights';

function aStep(name: string, over: Partial<WireStep> = {}): WireStep {
  return {
    name,
    notebook: `${FOLDER}/${name}.ipynb`,
    when: null,
    loop: null,
    what: 'runs',
    reasons: ['never run'],
    outcome: null,
    ran_ms: null,
    seconds: null,
    output: null,
    error: null,
    ...over
  };
}

function aStanding(step: string, over: Partial<WireStanding> = {}): WireStanding {
  return {
    step,
    state: 'running',
    why: ['never run'],
    done: 1,
    of: 4,
    items: 0,
    items_done: 0,
    attempt: 1,
    seconds: null,
    output: null,
    error: null,
    ...over
  };
}

function aRun(over: Partial<WirePipelineRun> = {}): WirePipelineRun {
  return {
    stage: 'running',
    is_cancelled: false,
    start: null,
    started_ms: 0,
    ended_ms: null,
    steps: [aStanding('load')],
    message: null,
    notes: [],
    ...over
  };
}

function aGraph(over: Partial<WirePipeline> = {}): WirePipeline {
  return {
    folder: FOLDER,
    name: 'flights',
    document: `${FOLDER}/pipeline.yaml`,
    problem: null,
    source: null,
    compared: null,
    steps: [aStep('load'), aStep('fit')],
    edges: [{ before: 'load', after: 'fit', names: [], bytes: 0, files: [] }],
    run: null,
    ...over
  };
}

async function opened(graph = aGraph()) {
  const api = new FakePipelinesApi();
  const changes = new FakeChanges();
  const state = new PipelinesState(api, new CurrentNotebook(), changes);
  void state.open(FOLDER);
  await api.graphs.answer(0, graph);
  return { api, changes, state };
}

test('nobody asks what would run before somebody looks', async () => {
  const api = new FakePipelinesApi();
  const changes = new FakeChanges();
  const state = new PipelinesState(api, new CurrentNotebook(), changes);
  changes.tell('pipelines');
  await vi.advanceTimersByTimeAsync(5000);
  expect(api.lists.asked).toEqual([]);
  state.watch(true);
  expect(api.lists.asked).toEqual([null]);
});

test('pipelines of another folder are not shown while those of its own project are awaited', async () => {
  const api = new FakePipelinesApi();
  const notebook = new CurrentNotebook();
  notebook.show('here/a.ipynb');
  const state = new PipelinesState(api, notebook, new FakeChanges());
  state.watch(true);
  await api.lists.answer(0, { pipelines: [] });
  notebook.show('here/b.ipynb');
  expect(state.now.list.value).not.toBeNull();
  notebook.show('there/c.ipynb');
  expect(state.now.list.value).toBeNull();
  await vi.advanceTimersByTimeAsync(2000);
  expect(api.lists.asked).toEqual(['here/a.ipynb', 'there/c.ipynb']);
});

test('a run is followed, and at its end it is asked what would run now', async () => {
  const { api, changes, state } = await opened();
  const begun = state.run('fit');
  expect(api.runs.asked).toEqual([{ folder: FOLDER, start: 'fit' }]);
  await api.runs.answer(0, { run: aRun() });
  await begun;
  await state.run(null);
  expect(api.runs.asked).toHaveLength(1); // one at a time

  changes.tell('pipelines');
  await vi.advanceTimersByTimeAsync(200);
  const over = aRun({ stage: 'ended', ended_ms: 9, steps: [aStanding('load', { state: 'ok' })] });
  await api.standings.answer(0, { run: over });
  expect(state.now.run).toEqual(over);
  expect(api.graphs.asked).toEqual([FOLDER, FOLDER]);
});

test('an answer about a pipeline that is not shown any more is let go', async () => {
  const { api, changes, state } = await opened();
  changes.tell('pipelines');
  await vi.advanceTimersByTimeAsync(200);
  state.close();
  await api.standings.answer(0, { run: aRun() });
  expect(state.now).toMatchObject({ opened: null, run: null });
});

test('that it could not be seen how a run stands is over when it can be seen again, or on a retry', async () => {
  const { api, changes, state } = await opened(aGraph({ run: aRun() }));
  changes.tell('pipelines');
  await vi.advanceTimersByTimeAsync(200);
  await api.standings.fail(0, new Failed({ kind: 'offline', message: '' }));
  expect(state.now.trouble?.kind).toBe('offline');
  await vi.advanceTimersByTimeAsync(20_000);
  await api.standings.answer(1, { run: aRun() });
  expect(state.now.trouble).toBeNull();

  void state.cancel();
  await api.cancels.fail(0, new Failed({ kind: 'offline', message: '' }));
  expect(state.now.trouble?.kind).toBe('offline');
  void state.refresh();
  expect(state.now.trouble).toBeNull();
});

test('a saved step is looked at again, another file is not', async () => {
  const { api, state } = await opened(
    aGraph({ steps: [aStep('load', { notebook: 'work/load.ipynb' })] })
  );
  state.saved('work/other.ipynb');
  await vi.advanceTimersByTimeAsync(200);
  expect(api.graphs.asked).toHaveLength(1);
  state.saved('work/load.ipynb');
  await vi.advanceTimersByTimeAsync(200);
  await settled();
  expect(api.graphs.asked).toHaveLength(2);
});

test('a step stands as the run has it, and after it as what would happen next', () => {
  const running = aRun({ steps: [aStanding('load')] });
  expect(stepNow(aStep('load'), running)).toMatchObject({ stage: 'running', why: ['never run'] });
  expect(stepNow(aStep('fit'), running)).toMatchObject({ stage: 'waiting' });

  const ended = aRun({ stage: 'ended', steps: [aStanding('load', { state: 'ok' })] });
  const unchanged = aStep('load', { what: 'unchanged', reasons: [], outcome: 'ok' });
  expect(stepNow(unchanged, ended).stage).toBe('ok');
  expect(stepNow(unchanged, null).stage).toBe('unchanged');
  // It was changed since.
  expect(stepNow(aStep('load', { outcome: 'ok', reasons: ['its source changed'] }), ended)).toEqual(
    expect.objectContaining({ stage: 'runs', why: ['its source changed'] })
  );
  const failed = aStep('fit', {
    outcome: 'timed out',
    error: 'Its time was up.',
    output: 'x.ipynb'
  });
  expect(stepNow(failed, ended)).toMatchObject({
    stage: 'failed',
    error: 'Its time was up.',
    output: 'x.ipynb'
  });
});
