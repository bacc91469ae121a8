/** Many runs that one execution trained, as one entry of the list. */
import type { RunSummary, WireMetric } from '../../wire/generated';

/** As many still stand for themselves: a cell that compares some models is read at a glance. */
const FEW = 5;

/** Runs of one model class that one execution trained, in the order they began. */
export interface IBatch {
  readonly key: string;
  readonly runs: readonly RunSummary[];
}

/** Lowest and highest of a metric that all runs of a batch have. */
export interface IRange {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

export type Listed = RunSummary | IBatch;

export function isBatch(listed: Listed): listed is IBatch {
  return 'key' in listed;
}

/** Bring together what one execution trained. A batch stands where the newest of its runs stood. */
export function inBatches(runs: readonly RunSummary[]): Listed[] {
  const together = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const key = keyOf(run);
    if (key !== null) {
      together.set(key, [run, ...(together.get(key) ?? [])]);
    }
  }
  const told = new Set<string>();
  return runs.flatMap((run): Listed[] => {
    const key = keyOf(run);
    const batch = key === null ? undefined : together.get(key);
    if (key === null || batch === undefined || batch.length <= FEW) {
      return [run];
    }
    if (told.has(key)) {
      return [];
    }
    told.add(key);
    return [{ key, runs: batch }];
  });
}

/** How a batch stands: as that of its runs which most wants to be looked at. */
export function statusOf({ runs }: IBatch): RunSummary['status'] {
  const order: readonly RunSummary['status'][] = ['running', 'failed', 'interrupted'];
  return order.find(status => runs.some(run => run.status === status)) ?? 'finished';
}

/** The ranges of the first metrics that all its runs have as numbers, those on training data last. */
export function rangesOf({ runs }: IBatch, limit: number): IRange[] {
  return runs[0].metrics
    .flatMap(({ name }): IRange[] => {
      const values = runs.map(run => valueOf(run.metrics, name));
      const known = values.filter(value => value !== null);
      return known.length < runs.length
        ? []
        : [{ name, low: Math.min(...known), high: Math.max(...known) }];
    })
    .slice(0, limit);
}

/** Return its runs with the parameters alone in which they differ from one another. */
export function amongItself(batch: IBatch): RunSummary[] {
  const varied = new Set(variedIn(batch));
  return batch.runs.map(run => ({
    ...run,
    differing: run.differing.filter(({ name }) => varied.has(name))
  }));
}

/** The names of the parameters in which its runs differ from one another. */
export function variedIn({ runs }: IBatch): string[] {
  const values = new Map<string, Set<string>>();
  for (const { name, value } of runs.flatMap(run => run.differing)) {
    values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  return [...values].filter(([, seen]) => seen.size > 1).map(([name]) => name);
}

function keyOf(run: RunSummary): string | null {
  return run.trained_in === null ? null : `${run.trained_in} ${run.model_class}`;
}

function valueOf(metrics: readonly WireMetric[], wanted: string): number | null {
  const value = metrics.find(({ name }) => name === wanted)?.value;
  return typeof value === 'number' ? value : null;
}
