/** The cells of the notebook the user is in, and which of them made a run. Told by a plugin; knows no widgets. */
import type { RunDetail, RunList, RunSummary, WireExecution } from '../wire/generated';
import { Watched } from './watched';

export interface INotebookCells {
  /** Of the notebook whose cells these are. */
  readonly path: string | null;
  /** The source of each code cell by its id, in the notebook's order. */
  readonly sources: ReadonlyMap<string, string>;
  /** The code cell that the user is in. */
  readonly chosen: string | null;
  /** Whether the file keeps the ids: before format 4.5 it has none, and each time it is opened they are others. */
  readonly keepsIds: boolean;
}

/** What a cell was to a run. */
export interface IMark {
  readonly part: WireExecution['part'];
  /** Its source is another than the one that ran last for the run. */
  readonly stale: boolean;
  /** The number of the execution that ran last. */
  readonly number: number;
}

export const NO_CELLS: INotebookCells = {
  path: null,
  sources: new Map(),
  chosen: null,
  keepsIds: true
};

export class NotebookCells extends Watched<INotebookCells> {
  constructor() {
    super(NO_CELLS);
  }

  show(cells: INotebookCells): void {
    if (!areSame(cells, this.now)) {
      this.put(cells);
    }
  }
}

const NO_MARKS: ReadonlyMap<string, IMark> = new Map();
const WEIGHT: Readonly<Record<WireExecution['part'], number>> = {
  fed: 0,
  evaluated: 1,
  trained: 2
};
/** What the server writes in place of a secret: the cell itself still has it. */
const MASK = '***';

/** Return by the ids that the cells of a run had the ids that they have; those of another notebook have none. */
export function cellsNow(
  run: RunDetail,
  { path, sources, keepsIds }: INotebookCells
): ReadonlyMap<string, string> {
  if (path === null || run.notebook !== path) {
    return new Map();
  }
  const found = new Map(run.cells.filter(id => sources.has(id)).map(id => [id, id]));
  if (!keepsIds) {
    const left = new Map([...sources].filter(([id]) => !found.has(id)));
    for (const ran of run.cells.filter(id => !found.has(id))) {
      const last = run.executions.filter(({ cell }) => cell === ran).at(-1)?.source;
      const now = [...left].find(([, source]) => last !== undefined && isSource(source, last))?.[0];
      if (now !== undefined) {
        found.set(ran, now);
        left.delete(now);
      }
    }
  }
  return found;
}

/** Return what each cell of the notebook was to the run; nothing when the run is of another notebook. */
export function marksOf(run: RunDetail | null, cells: INotebookCells): ReadonlyMap<string, IMark> {
  if (run === null) {
    return NO_MARKS;
  }
  const found = cellsNow(run, cells);
  const marks = new Map<string, IMark>();
  for (const { cell: ran, part, source, number } of run.executions) {
    const cell = ran === null ? undefined : found.get(ran);
    const now = cell === undefined ? undefined : cells.sources.get(cell);
    if (cell !== undefined && now !== undefined) {
      const before = marks.get(cell);
      const weightier = before !== undefined && WEIGHT[before.part] > WEIGHT[part];
      marks.set(cell, {
        part: weightier ? before.part : part,
        stale: !isSource(now, source),
        number
      });
    }
  }
  return marks;
}

/** Return the cells of a run that the notebook does not have any more; none when it is another notebook. */
export function cellsGone(run: RunDetail, cells: INotebookCells): ReadonlySet<string> {
  const found = cellsNow(run, cells);
  return new Set(run.notebook === cells.path ? run.cells.filter(cell => !found.has(cell)) : []);
}

/** Return the runs of the list that the chosen cell went into, `null` where none is chosen or that cannot be told. */
export function runsOfChosen(
  list: RunList | null,
  { path, chosen, keepsIds }: INotebookCells
): readonly RunSummary[] | null {
  if (list === null || path === null || chosen === null) {
    return null;
  }
  const found = list.runs.filter(run => run.notebook === path && run.cells.includes(chosen));
  return found.length === 0 && !keepsIds ? null : found;
}

/** Is this what ran? Blank ends do not count, and what was masked may be anything. */
export function isSource(now: string, ran: string): boolean {
  const text = now.trim();
  const [first, ...rest] = ran.trim().split(MASK);
  const last = rest.pop();
  if (last === undefined) {
    return text === first;
  }
  if (!text.startsWith(first) || !text.endsWith(last)) {
    return false;
  }
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) {
      return false;
    }
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}

function areSame(some: INotebookCells, others: INotebookCells): boolean {
  if (
    some.path !== others.path ||
    some.chosen !== others.chosen ||
    some.keepsIds !== others.keepsIds
  ) {
    return false;
  }
  const [mine, theirs] = [[...some.sources], [...others.sources]];
  return (
    mine.length === theirs.length &&
    mine.every(([id, source], at) => theirs[at][0] === id && theirs[at][1] === source)
  );
}
