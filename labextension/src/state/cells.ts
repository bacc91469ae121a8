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
}

/** What a cell was to a run. */
export interface IMark {
  readonly part: WireExecution['part'];
  /** Its source is another than the one that ran last for the run. */
  readonly stale: boolean;
  /** The number of the execution that ran last. */
  readonly number: number;
}

export const NO_CELLS: INotebookCells = { path: null, sources: new Map(), chosen: null };

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

/** Return what each cell of the notebook was to the run; nothing when the run is of another notebook. */
export function marksOf(
  run: RunDetail | null,
  { path, sources }: INotebookCells
): ReadonlyMap<string, IMark> {
  if (run === null || path === null || run.notebook !== path) {
    return NO_MARKS;
  }
  const marks = new Map<string, IMark>();
  for (const { cell, part, source, number } of run.executions) {
    const now = cell === null ? undefined : sources.get(cell);
    if (cell !== null && now !== undefined) {
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
export function cellsGone(run: RunDetail, { path, sources }: INotebookCells): ReadonlySet<string> {
  const cells = path !== null && run.notebook === path ? run.cells : [];
  return new Set(cells.filter(cell => !sources.has(cell)));
}

/** Return the runs of the list that the chosen cell went into, `null` where no cell is chosen. */
export function runsOfChosen(
  list: RunList | null,
  { path, chosen }: INotebookCells
): readonly RunSummary[] | null {
  if (list === null || path === null || chosen === null) {
    return null;
  }
  return list.runs.filter(run => run.notebook === path && run.cells.includes(chosen));
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
  if (some.path !== others.path || some.chosen !== others.chosen) {
    return false;
  }
  const [mine, theirs] = [[...some.sources], [...others.sources]];
  return (
    mine.length === theirs.length &&
    mine.every(([id, source], at) => theirs[at][0] === id && theirs[at][1] === source)
  );
}
