import { expect, test } from 'vitest';

import { FakeModelsApi, settled } from '../../testing/fakes';
import { Failed, troubleOf, type Trouble } from '../api/trouble';
import type { IRegistrationQuestion, IRegistrationTyped } from '../panels/models/registration';
import type { RegistrationPreview, WireVersion } from '../wire/generated';
import { registerRun, type IRegistrationDoors } from './registration';

const PREVIEW: RegistrationPreview = {
  run: 'r1',
  model_class: 'sklearn.linear_model._ridge.Ridge',
  suggested_name: 'flights',
  existing_names: [],
  tags: {}
};

const REFUSED: Trouble = {
  kind: 'invalid_alias',
  message: '',
  alias: '1st',
  reason: 'it begins with a digit'
};

/** A user who gives prepared answers, and remembers what they saw. */
class User implements IRegistrationDoors {
  readonly seen: IRegistrationQuestion[] = [];
  readonly told: string[] = [];

  constructor(private readonly answers: (IRegistrationTyped | null)[]) {}

  waitFor<T>(preview: Promise<T>): Promise<T> {
    return preview;
  }

  ask(question: IRegistrationQuestion): Promise<IRegistrationTyped | null> {
    this.seen.push(question);
    return Promise.resolve(this.answers.shift() ?? null);
  }

  begin({ name }: IRegistrationTyped): { registered(v: WireVersion): void; refused(): void } {
    this.told.push(`begin ${name}`);
    return {
      registered: ({ version }) => this.told.push(`registered ${version}`),
      refused: () => this.told.push('refused')
    };
  }
}

function version(name: string): WireVersion {
  return { name, version: '1', aliases: [], run: 'r1', notebook: null, created_ms: 0 };
}

test('a registration asks once, with the suggested name, and sends an empty alias as none', async () => {
  const api = new FakeModelsApi();
  const user = new User([{ name: 'delay', alias: '' }]);
  const outcome = registerRun('r1', api, user);
  await api.previews.answer(0, PREVIEW);
  await api.registrations.answer(0, version('delay'));
  expect(await outcome).toEqual(version('delay'));
  expect(user.seen).toEqual([
    { preview: PREVIEW, typed: { name: 'flights', alias: '' }, refused: null }
  ]);
  expect(api.registrations.asked).toEqual([{ run: 'r1', name: 'delay', alias: null }]);
  expect(user.told).toEqual(['begin delay', 'registered 1']);
});

test('when the registry refuses, the question comes back with all that was typed, and the reason', async () => {
  const api = new FakeModelsApi();
  const typed = { name: 'delay', alias: '1st' };
  const user = new User([typed, { name: 'delay', alias: 'first' }]);
  const outcome = registerRun('r1', api, user);
  await api.previews.answer(0, PREVIEW);
  await api.registrations.fail(0, new Failed(REFUSED));
  await api.registrations.answer(1, version('delay'));
  expect(await outcome).toEqual(version('delay'));
  expect(user.seen[1]).toEqual({ preview: PREVIEW, typed, refused: REFUSED });
  expect(user.told).toEqual(['begin delay', 'refused', 'begin delay', 'registered 1']);
});

test('who thinks better of it registers nothing', async () => {
  const api = new FakeModelsApi();
  const outcome = registerRun('r1', api, new User([null]));
  await api.previews.answer(0, PREVIEW);
  expect(await outcome).toBeNull();
  expect(api.registrations.asked).toEqual([]);
});

test('without a preview there is no question', async () => {
  const api = new FakeModelsApi();
  const user = new User([]);
  const outcome = registerRun('r1', api, user).catch(troubleOf);
  await settled();
  await api.previews.fail(0, new Failed({ kind: 'offline', message: '' }));
  expect(await outcome).toEqual({ kind: 'offline', message: '' });
  expect(user.seen).toEqual([]);
});
