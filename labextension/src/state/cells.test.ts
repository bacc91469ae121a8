import { expect, test } from 'vitest';

import { aDetail, aList, anExecution, aRun } from '../../testing/fakes';
import {
  cellsGone,
  cellsNow,
  isSource,
  marksOf,
  NotebookCells,
  runsOfChosen,
  type INotebookCells
} from './cells';

function cells(
  sources: Record<string, string>,
  over: Partial<INotebookCells> = {}
): INotebookCells {
  return {
    path: 'flights.ipynb',
    sources: new Map(Object.entries(sources)),
    chosen: null,
    keepsIds: true,
    ...over
  };
}

const run = aDetail('1', {
  cells: ['load', 'fit', 'score'],
  executions: [
    anExecution('load', 'a = 1', { number: 1 }),
    anExecution('fit', 'model.fit(a)', { number: 2, part: 'trained' }),
    anExecution('load', 'a = 2', { number: 3 }),
    anExecution('score', 'model.score(a)', { number: 4, part: 'evaluated' }),
    anExecution('fit', 'model.fit(a)', { number: 5, part: 'evaluated' }),
    anExecution(null, 'typed in a console', { number: 6 })
  ]
});

test('each cell is marked by its weightiest part, and by what ran last in it', () => {
  const marks = marksOf(run, cells({ load: 'a = 1', fit: 'model.fit(a)\n', other: 'x' }));
  expect([...marks]).toEqual([
    ['load', { part: 'fed', stale: true, number: 3 }],
    ['fit', { part: 'trained', stale: false, number: 5 }]
  ]);
  expect(marksOf(run, cells({ load: 'a = 2' })).get('load')?.stale).toBe(false);
});

test('another notebook, no notebook and no run have no marks', () => {
  expect(marksOf(run, cells({ load: 'a = 1' }, { path: 'other.ipynb' })).size).toBe(0);
  expect(marksOf({ ...run, notebook: null }, cells({ load: 'a' }, { path: null })).size).toBe(0);
  expect(marksOf(null, cells({ load: 'a = 1' })).size).toBe(0);
});

test('a cell that was removed is gone, unless another notebook is looked at', () => {
  expect([...cellsGone(run, cells({ load: 'a', fit: 'b' }))]).toEqual(['score']);
  expect(cellsGone(run, cells({}, { path: 'other.ipynb' })).size).toBe(0);
});

test('what was masked in the record may be anything in the cell', () => {
  expect(isSource('key = "abc"\nrun(key)', 'key = "***"\nrun(key)')).toBe(true);
  expect(isSource('key = "abc"; other = "d"', 'key = "***"; other = "***"')).toBe(true);
  expect(isSource('key = "abc"\nrun(other)', 'key = "***"\nrun(key)')).toBe(false);
  expect(isSource('ab', 'ab***b')).toBe(false);
});

test('the chosen cell went into the runs of its notebook that it took part in', () => {
  const list = aList(
    aRun('3', { cells: ['fit'] }),
    aRun('2', { cells: ['load'] }),
    aRun('1', { cells: ['load', 'fit'], notebook: 'copy.ipynb' })
  );
  const went = (chosen: string | null): string[] | undefined =>
    runsOfChosen(list, cells({}, { chosen }))?.map(found => found.run);
  expect(went('fit')).toEqual(['3']);
  expect(went('plot')).toEqual([]);
  expect(went(null)).toBeUndefined();
});

test('cells that are as they were stir nobody', () => {
  const watched = new NotebookCells();
  let changes = 0;
  watched.changed.connect(() => (changes += 1));
  watched.show(cells({ a: '1', b: '2' }));
  watched.show(cells({ a: '1', b: '2' }));
  expect(changes).toBe(1);
  watched.show(cells({ b: '2', a: '1' }));
  watched.show(cells({ b: '2', a: '1' }, { chosen: 'a' }));
  expect(changes).toBe(3);
});

test('where the file keeps no ids, cells are known again by what ran in them', () => {
  const twice = aDetail('1', {
    cells: ['load', 'again', 'fit', 'plot'],
    executions: [
      anExecution('load', 'a = 0', { number: 1 }),
      anExecution('load', 'a = 1', { number: 2 }),
      anExecution('again', 'a = 1', { number: 3 }),
      anExecution('fit', 'model.fit(a)', { number: 4, part: 'trained' }),
      anExecution('plot', 'plot(a)', { number: 5 })
    ]
  });
  const sources = { n1: 'a = 1', n2: 'model.fit(a)', n3: 'a = 1', n4: 'plot(b)' };
  const opened = cells(sources, { keepsIds: false });
  expect([...cellsNow(twice, opened)]).toEqual([
    ['load', 'n1'],
    ['again', 'n3'],
    ['fit', 'n2']
  ]);
  expect(marksOf(twice, opened).get('n2')).toEqual({ part: 'trained', stale: false, number: 4 });
  expect([...cellsGone(twice, opened)]).toEqual(['plot']);
  expect([...cellsGone(twice, cells(sources))]).toEqual(['load', 'again', 'fit', 'plot']);
  expect(runsOfChosen(aList(twice), cells(sources, { chosen: 'n2', keepsIds: false }))).toBeNull();
});
