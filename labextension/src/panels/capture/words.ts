/** Words for what went wrong with us. */
import type { TranslationBundle } from '@jupyterlab/translation';

/** So many fit into a tooltip. */
const MOST_PROBLEMS = 3;

export function problemWords(count: number, trans: TranslationBundle): string {
  return trans._n('%1 problem', '%1 problems', count);
}

/** Return what went wrong and what to do: the newest are enough to report. */
export function problemLines(problems: readonly string[], trans: TranslationBundle): string[] {
  if (problems.length === 0) {
    return [];
  }
  const shown = problems.slice(-MOST_PROBLEMS);
  const left = problems.length - shown.length;
  return [
    '',
    trans.__('Cellmill could not record everything. Your own code was not disturbed:'),
    ...shown.map(problem => `• ${problem}`),
    ...(left > 0 ? [trans._n('and %1 more', 'and %1 more', left)] : []),
    trans.__('The runs concerned are marked as incomplete. Restart the kernel to begin anew.')
  ];
}
