import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FakeChanges, FakeModelsApi } from '../../testing/fakes';
import { Failed, troubleOf } from '../api/trouble';
import { ModelsState } from './models';
import { CurrentNotebook } from './notebook';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const VERSION = {
  name: 'delay',
  version: '1',
  aliases: [],
  run: 'r1',
  notebook: null,
  created_ms: 0
};

test('models are asked for again when the server says so, and for another notebook', async () => {
  const api = new FakeModelsApi();
  const notebook = new CurrentNotebook();
  const changes = new FakeChanges();
  const models = new ModelsState(api, notebook, changes);
  models.look(true);
  await api.lists.answer(0, { models: [] });
  changes.tell('models');
  vi.runAllTimers();
  notebook.show('a.ipynb');
  vi.runAllTimers();
  changes.tell('runs');
  vi.runAllTimers();
  expect(api.lists.asked).toEqual([null, null, 'a.ipynb']);
});

test('nothing is asked while nobody looks, and what was missed is asked when somebody does', async () => {
  const api = new FakeModelsApi();
  const changes = new FakeChanges();
  const models = new ModelsState(api, new CurrentNotebook(), changes);
  changes.tell('models');
  vi.runAllTimers();
  expect(api.lists.asked).toEqual([]);
  models.look(true);
  models.look(false);
  models.look(true);
  expect(api.lists.asked).toHaveLength(1);
  await api.lists.answer(0, { models: [] });
  models.look(false);
  changes.tell('models');
  vi.runAllTimers();
  models.look(true);
  expect(api.lists.asked).toHaveLength(2);
});

test('while a store does not answer it is asked once for each notebook, however often one comes back', async () => {
  const api = new FakeModelsApi();
  const notebook = new CurrentNotebook();
  const models = new ModelsState(api, notebook, new FakeChanges());
  models.look(true);
  for (const path of ['a.ipynb', 'b.ipynb', 'a.ipynb', 'b.ipynb', 'a.ipynb']) {
    notebook.show(path);
    vi.runAllTimers();
  }
  expect(api.lists.asked).toEqual([null, 'a.ipynb', 'b.ipynb']);
  await api.lists.answer(2, { models: [] });
  expect(models.now.list).toEqual({ value: null, trouble: null, loading: true });
  await api.lists.answer(1, { models: [{ name: 'delay', versions: [VERSION] }] });
  expect(models.now.list.loading).toBe(false);
  expect(models.now.list.value?.models.map(({ name }) => name)).toEqual(['delay']);
});

test('what was registered while an answer was awaited is asked for when that has come', async () => {
  const api = new FakeModelsApi();
  const changes = new FakeChanges();
  const models = new ModelsState(api, new CurrentNotebook(), changes);
  models.look(true);
  const registered = models.register({ run: 'r1', name: 'delay', alias: null });
  await api.registrations.answer(0, VERSION);
  await registered;
  changes.tell('models');
  vi.runAllTimers();
  expect(api.lists.asked).toEqual([null]);
  await api.lists.fail(0, new Failed({ kind: 'offline', message: '' }));
  expect(api.lists.asked).toEqual([null, null]);
  await api.lists.answer(1, { models: [{ name: 'delay', versions: [VERSION] }] });
  expect(models.now.list.value?.models[0].versions).toEqual([VERSION]);
});

test('a registration shows itself without waiting for the event', async () => {
  const api = new FakeModelsApi();
  const models = new ModelsState(api, new CurrentNotebook(), new FakeChanges());
  const registered = models.register({ run: 'r1', name: 'delay', alias: null });
  await api.registrations.answer(0, VERSION);
  expect(await registered).toEqual(VERSION);
  await api.lists.answer(0, { models: [{ name: 'delay', versions: [VERSION] }] });
  expect(models.now.list.value?.models[0].versions).toEqual([VERSION]);
});

test('a refused registration throws, and asks for nothing', async () => {
  const api = new FakeModelsApi();
  const models = new ModelsState(api, new CurrentNotebook(), new FakeChanges());
  const refused = { kind: 'invalid_model_name', message: '', name: 'a/b', reason: '' } as const;
  const outcome = models.register({ run: 'r1', name: 'a/b', alias: null }).catch(troubleOf);
  await api.registrations.fail(0, new Failed(refused));
  expect(await outcome).toEqual(refused);
  expect(api.lists.asked).toEqual([]);
});

test('models of another folder are not shown while those of its own project are awaited, or cannot be had', async () => {
  const api = new FakeModelsApi();
  const notebook = new CurrentNotebook();
  notebook.show('here/a.ipynb');
  const models = new ModelsState(api, notebook, new FakeChanges());
  models.look(true);
  await api.lists.answer(0, { models: [{ name: 'delay', versions: [VERSION] }] });
  notebook.show('here/b.ipynb');
  vi.runAllTimers();
  expect(models.now.list.value?.models).toHaveLength(1); // the same project: nothing flickers
  await api.lists.answer(1, { models: [{ name: 'delay', versions: [VERSION] }] });
  notebook.show('there/c.ipynb');
  expect(models.now.list.value).toBeNull();
  vi.runAllTimers();
  await api.lists.fail(2, new Failed({ kind: 'offline', message: '' }));
  expect(models.now.list.value).toBeNull();
});
