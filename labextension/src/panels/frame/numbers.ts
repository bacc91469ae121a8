/** Numbers as a person reads them. The exact value belongs in a tooltip. */
import type { WireMetric } from '../../wire/generated';

const SHORT = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const WHOLE = new Intl.NumberFormat();

/** Return four significant digits; what JSON has no number for comes as text and stays so. */
export function metricWords(value: WireMetric['value']): string {
  if (typeof value === 'string') {
    return value;
  }
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e9) ? value.toExponential(3) : SHORT.format(value);
}

/** Return a parameter's value for a row: of a number with many digits after the point as many as of a metric. */
export function valueWords(value: string): string {
  return /^-?\d+\.\d{7,}(e[+-]?\d+)?$/.test(value) ? metricWords(Number(value)) : value;
}

export function countWords(count: number): string {
  return WHOLE.format(count);
}

/** Return a size like "1.4 MB": in thousands, as file managers count. */
export function sizeWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let step = 0;
  let size = bytes;
  while (size >= 1000 && step < units.length - 1) {
    size /= 1000;
    step += 1;
  }
  return `${SHORT.format(Number(size.toPrecision(3)))} ${units[step]}`;
}
