import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import type { Trouble } from '../api/trouble';
import { advise, adviceLine } from './advice';

const trans = nullTranslator.load('cellmill');

/** One of each kind. The type makes the compiler ask for the missing one. */
const EVERY: { [Kind in Trouble['kind']]: Extract<Trouble, { kind: Kind }> } = {
  unknown_run: { kind: 'unknown_run', message: 'm', run: 'a1' },
  ambiguous_run: { kind: 'ambiguous_run', message: 'm', run: 'a', matches: ['a1', 'a2'] },
  run_without_model: { kind: 'run_without_model', message: 'm', run: 'a1', reason: 'it failed' },
  run_without_recipe: { kind: 'run_without_recipe', message: 'm', run: 'a1', reason: 'no journal' },
  not_a_bundle: { kind: 'not_a_bundle', message: 'm', path: 'a.zip', reason: 'no zip' },
  environment_not_built: {
    kind: 'environment_not_built',
    message: 'm',
    run: 'a1',
    reason: 'no uv'
  },
  no_scratch: { kind: 'no_scratch', message: 'm', folder: '/tmp/x', reason: 'full' },
  replay_under_way: { kind: 'replay_under_way', message: 'm', run: 'a1' },
  store_unreachable: { kind: 'store_unreachable', message: 'm', store: 'http://m', reason: 'dead' },
  store_locked: { kind: 'store_locked', message: 'm', store: 'sqlite:///m.db' },
  store_refused: { kind: 'store_refused', message: 'm', store: 'http://m', reason: 'no' },
  invalid_model_name: { kind: 'invalid_model_name', message: 'm', name: 'a/b', reason: 'slash' },
  invalid_alias: { kind: 'invalid_alias', message: 'm', alias: '1', reason: 'digit' },
  folder_not_writable: { kind: 'folder_not_writable', message: 'm', folder: '/ro', reason: 'ro' },
  bad_settings: { kind: 'bad_settings', message: 'm', path: 'settings.toml', reason: 'line 1' },
  no_session: { kind: 'no_session', message: 'm', notebook: 'a.ipynb' },
  bad_request: { kind: 'bad_request', message: 'm' },
  not_found: { kind: 'not_found', message: 'm' },
  internal: { kind: 'internal', message: 'm' },
  offline: { kind: 'offline', message: 'm' },
  forbidden: { kind: 'forbidden', status: 403, message: '403 Forbidden' },
  not_installed: { kind: 'not_installed', message: '404' },
  unreadable: { kind: 'unreadable', status: 502, message: '502 Bad Gateway' },
  refused: { kind: 'refused', status: 500, message: 'no space left' },
  not_saved: { kind: 'not_saved', path: 'work.ipynb', message: '' }
};

test('every kind of error says what it is, and what to do', () => {
  const advice = Object.values(EVERY).map(trouble => advise(trouble, trans));
  for (const { what, next } of advice) {
    expect(what).not.toMatch(/%\d|undefined|null/);
    expect(what).toMatch(/\S/);
    expect(next).toMatch(/\S/);
  }
  expect(new Set(advice.map(({ what }) => what)).size).toBe(advice.length);
});

test('the facts are in the advice', () => {
  expect(adviceLine(EVERY.invalid_model_name, trans)).toBe(
    '“a/b” cannot name a model: slash. Choose a name like flight-delay.'
  );
});

test('an error of a newer server still says what it has to say', () => {
  const unheard = { kind: 'from_the_future', message: 'Turn the wheel.' } as unknown as Trouble;
  expect(advise(unheard, trans).what).toBe('Turn the wheel.');
});
