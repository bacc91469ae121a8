/** The mark on a cell of the notebook that made the run which is open in the sidebar. */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IMark } from '../../state/cells';
import type { RunDetail } from '../../wire/generated';
import { partWords, shortClass } from '../runs/words';

const PARTS: readonly IMark['part'][] = ['fed', 'trained', 'evaluated'];
const LABEL = 'cellmill-Mark';

/** Mark a cell's node, or take its mark away. What is as it should be is not touched. */
export function markCell(
  node: HTMLElement,
  mark: IMark | undefined,
  run: RunDetail | null,
  trans: TranslationBundle
): void {
  for (const part of PARTS) {
    node.classList.toggle(`cellmill-mod-${part}`, mark?.part === part);
  }
  node.classList.toggle('cellmill-mod-stale', mark?.stale === true);
  let label = node.querySelector<HTMLElement>(`:scope > .${LABEL}`);
  if (mark === undefined || run === null) {
    label?.remove();
    return;
  }
  if (label === null) {
    label = document.createElement('div');
    label.className = LABEL;
    node.append(label);
  }
  const words = mark.stale
    ? trans.__('%1 · edited since', partWords(mark.part, trans))
    : partWords(mark.part, trans);
  if (label.textContent !== words) {
    label.textContent = words;
  }
  label.title = markTitle(mark, run, trans);
}

export function markTitle(mark: IMark, run: RunDetail, trans: TranslationBundle): string {
  const name = `${run.run.slice(0, 6)} ${shortClass(run.model_class)}`;
  return mark.stale
    ? trans.__(
        'This cell has been edited since it ran as [%1] for run %2. What ran then is kept with the run.',
        mark.number,
        name
      )
    : trans.__('Ran as [%1] for run %2.', mark.number, name);
}
