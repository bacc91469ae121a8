import { expect, test } from 'vitest';

import { aRun, FakeReplaysApi, settled } from '../../testing/fakes';
import { Failed, troubleOf } from '../api/trouble';
import { freeName, openRecipe, type IRecipeDoors } from './recipe';

/** A folder in which something may lie already. */
class Folder implements IRecipeDoors {
  readonly done: string[] = [];

  constructor(private readonly lies: readonly string[] = []) {}

  names(folder: string): Promise<readonly string[]> {
    this.done.push(`look in ${folder}`);
    return Promise.resolve(this.lies);
  }

  save(path: string): Promise<void> {
    this.done.push(`save ${path}`);
    return Promise.resolve();
  }

  open(path: string): void {
    this.done.push(`open ${path}`);
  }
}

function runIn(notebook: string | null): Parameters<typeof openRecipe>[1] {
  return { find: () => null, lookUp: run => Promise.resolve(aRun(run, { notebook })) };
}

const recipe = { run: 'abc', notebook: { cells: [] }, executions: 2, of: 9 };

test('a recipe is kept beside its notebook, and opened', async () => {
  const api = new FakeReplaysApi();
  const folder = new Folder();
  const opened = openRecipe('a', runIn('deep/er/flights.ipynb'), api, folder);
  await api.recipes.answer(0, recipe);
  await settled();
  expect(await opened).toBe('deep/er/flights-recipe-abc.ipynb');
  expect(folder.done).toEqual([
    'look in deep/er/',
    'save deep/er/flights-recipe-abc.ipynb',
    'open deep/er/flights-recipe-abc.ipynb'
  ]);
});

test('what lies there already stays as it is', () => {
  const taken = new Set(['work-recipe-1.ipynb', 'work-recipe-1-2.ipynb']);
  expect(freeName('work.ipynb', '1', taken)).toBe('work-recipe-1-3.ipynb');
  expect(freeName('work.ipynb', '2', taken)).toBe('work-recipe-2.ipynb');
});

test('a run of no notebook, or of one outside, has its recipe in the root', async () => {
  for (const notebook of [null, '/elsewhere/work.ipynb']) {
    const api = new FakeReplaysApi();
    const opened = openRecipe('a', runIn(notebook), api, new Folder());
    await api.recipes.answer(0, recipe);
    expect(await opened).toBe('run-recipe-abc.ipynb');
  }
});

test('without a recipe nothing is written', async () => {
  const api = new FakeReplaysApi();
  const folder = new Folder();
  const outcome = openRecipe('a', runIn('work.ipynb'), api, folder).catch(troubleOf);
  const trouble = { kind: 'run_without_recipe', message: '', run: 'a', reason: 'gone' } as const;
  await api.recipes.fail(0, new Failed(trouble));
  expect(await outcome).toEqual(trouble);
  expect(folder.done).toEqual([]);
});
