import { nullTranslator } from '@jupyterlab/translation';
import { expect, test } from 'vitest';

import { aDetail, aRun } from '../../testing/fakes';
import { Failed, troubleOf } from '../api/trouble';
import { consequences } from '../panels/runs/deletion';
import type { RunSummary } from '../wire/generated';
import { deleteRun } from './deletion';

const trans = nullTranslator.load('cellmill');

/** Runs of which one is shown, a user who answers, and a note of what happened. */
function desk(answer: boolean, trouble: Failed | null = null) {
  const happened: string[] = [];
  return {
    happened,
    runs: {
      find: (run: string) => (run === 'shown' ? aRun('shown') : null),
      lookUp: async (run: string) => {
        happened.push(`looked up ${run}`);
        return Promise.resolve(aDetail(run));
      },
      remove: async (run: string) => {
        if (trouble !== null) {
          throw trouble;
        }
        happened.push(`removed ${run}`);
        return Promise.resolve();
      }
    },
    doors: {
      confirm: (run: RunSummary) => {
        happened.push(`asked about ${run.run}`);
        return Promise.resolve(answer);
      },
      deleted: (run: RunSummary) => {
        happened.push(`told of ${run.run}`);
      }
    }
  };
}

test('a run is deleted when the user agrees', async () => {
  const { happened, runs, doors } = desk(true);
  await deleteRun('shown', runs, doors);
  expect(happened).toEqual(['asked about shown', 'removed shown', 'told of shown']);
});

test('nothing happens when the user does not', async () => {
  const { happened, runs, doors } = desk(false);
  await deleteRun('shown', runs, doors);
  expect(happened).toEqual(['asked about shown']);
});

test('a run that is not shown is looked up first', async () => {
  const { happened, runs, doors } = desk(false);
  await deleteRun('other', runs, doors);
  expect(happened).toEqual(['looked up other', 'asked about other']);
});

test('what could not be deleted is not told as deleted', async () => {
  const trouble = { kind: 'unknown_run', message: '', run: 'shown' } as const;
  const { happened, runs, doors } = desk(true, new Failed(trouble));
  expect(await deleteRun('shown', runs, doors).catch(troubleOf)).toEqual(trouble);
  expect(happened).toEqual(['asked about shown']);
});

test('the user hears what goes, of a search and of a recorded run more', () => {
  expect(consequences(aRun('1', { recorded: false }), trans)).toHaveLength(2);
  const told = consequences(aRun('1', { kind: 'search', trials: 3 }), trans);
  expect(told[0]).toBe('Its 3 trials go with it.');
  expect(told.some(line => line.startsWith('In MLflow'))).toBe(true);
  expect(consequences(aRun('1', { status: 'running' }), trans).at(-1)).toContain('goes on');
});
