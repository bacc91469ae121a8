/** Arrow keys among the buttons of a list. Tab enters the list once, and leaves it at once. */
import type { KeyboardEvent } from 'react';

const STEPS: Readonly<Partial<Record<string, (at: number, last: number) => number>>> = {
  ArrowDown: (at, last) => Math.min(at + 1, last),
  ArrowUp: at => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, last) => last
};

/** As in a tree: right unfolds, left folds. Says whether it did; then the focus belongs to what folds. */
export function foldByArrows(
  event: KeyboardEvent<HTMLElement>,
  isUnfolded: boolean,
  onFold: (wanted: boolean) => void
): boolean {
  const wanted = event.key === 'ArrowRight';
  if ((!wanted && event.key !== 'ArrowLeft') || wanted === isUnfolded) {
    return false;
  }
  event.preventDefault();
  event.stopPropagation();
  onFold(wanted);
  return true;
}

/** Return where the keyboard goes on when the stop it was at is gone: at the next that is left, or else the one before. */
export function stopAfter(
  gone: string,
  before: readonly string[],
  left: readonly string[]
): string | null {
  const at = before.indexOf(gone);
  const next = before.slice(at + 1).find(stop => left.includes(stop));
  const last = before.slice(0, Math.max(at, 0)).filter(stop => left.includes(stop));
  return at < 0 ? null : (next ?? last.at(-1) ?? null);
}

/** Move the focus among the elements marked `data-cellmill-stop` in the list that hears the key. */
export function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  if (step === undefined) {
    return;
  }
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-cellmill-stop]')];
  const at = stops.findIndex(stop => stop === document.activeElement);
  if (at < 0) {
    return;
  }
  event.preventDefault();
  event.stopPropagation(); // else the accordion's titles would move as well
  stops[step(at, stops.length - 1)].focus();
}
