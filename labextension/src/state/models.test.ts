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

test('models are asked for again when the server says so, and for another notebook', () => {
  const api = new FakeModelsApi();
  const notebook = new CurrentNotebook();
  const changes = new FakeChanges();
  const models = new ModelsState(api, notebook, changes);
  models.look(true);
  changes.tell('models');
  vi.runAllTimers();
  notebook.show('a.ipynb');
  vi.runAllTimers();
  changes.tell('runs');
  vi.runAllTimers();
  expect(api.lists.asked).toEqual([null, null, 'a.ipynb']);
});

test('nothing is asked while nobody looks, and what was missed is asked when somebody does', () => {
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
  models.look(false);
  changes.tell('models');
  vi.runAllTimers();
  models.look(true);
  expect(api.lists.asked).toHaveLength(2);
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
