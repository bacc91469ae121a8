/** A line through values, some of which may be no numbers. Pure: numbers in, places between 0 and 1 out. */
import type { WireCurve } from '../../wire/generated';

export type CurveValue = WireCurve['values'][number];

export interface IRange {
  readonly low: number;
  readonly high: number;
}

/** Return the lowest and the highest number, `null` when there is none. */
export function rangeOf(values: readonly CurveValue[]): IRange | null {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (typeof value === 'number') {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? { low, high } : null;
}

/** Return where a value lies in a range, from 0 at its low end to 1 at its high end; the middle of an empty one. */
export function placeIn({ low, high }: IRange, value: number): number {
  return high > low ? (value - low) / (high - low) : 0.5;
}

/**
 * Return an SVG path in a field of `width` by `height`. The line breaks where a value is no number,
 * and a number between two such is a dot: a line of no length, which a round cap makes visible.
 */
export function linePath(
  { steps, values }: Pick<WireCurve, 'steps' | 'values'>,
  width: number,
  height: number
): string {
  const up = rangeOf(values);
  const along = rangeOf(steps);
  if (up === null || along === null) {
    return '';
  }
  const parts: string[] = [];
  let isDrawing = false;
  values.forEach((value, at) => {
    if (typeof value !== 'number') {
      isDrawing = false;
      return;
    }
    const x = round(placeIn(along, steps[at]) * width);
    const y = round((1 - placeIn(up, value)) * height);
    parts.push(isDrawing ? `L${x} ${y}` : `M${x} ${y}h0`);
    isDrawing = true;
  });
  return parts.join('');
}

/** Return which of the steps, which grow, is nearest to a place between 0 and 1. */
export function nearestTo(steps: readonly number[], place: number): number {
  const along = rangeOf(steps);
  if (along === null) {
    return 0;
  }
  const wanted = along.low + place * (along.high - along.low);
  let nearest = 0;
  steps.forEach((step, at) => {
    if (Math.abs(step - wanted) < Math.abs(steps[nearest] - wanted)) {
      nearest = at;
    }
  });
  return nearest;
}

/** Return where a key leads among `count` points, `null` when the key is none of ours. */
export function stepByKey(key: string, at: number, count: number): number | null {
  const page = Math.max(1, Math.round(count / 10));
  const wanted: Readonly<Partial<Record<string, number>>> = {
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    PageUp: at + page,
    PageDown: at - page,
    Home: 0,
    End: count - 1
  };
  const to = wanted[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), count - 1);
}

function round(place: number): number {
  return Math.round(place * 100) / 100;
}
