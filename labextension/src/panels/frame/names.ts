/** Names, as short as a narrow column wants them. */
import type { TranslationBundle } from '@jupyterlab/translation';

const MOST_NAMES = 12;

/** `notebooks/tour.ipynb` -> `tour.ipynb`. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The first names; the others are counted. */
export function listWords(names: readonly string[], trans: TranslationBundle): string {
  const more = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return more > 0 ? trans.__('%1 and %2 more', shown, more) : shown;
}
