/** How long ago, and how long it took, in words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Return words like "2 min ago". The browser's clock may be behind the server's: then it is just now. */
export function ageWords(sinceMs: number, nowMs: number, trans: TranslationBundle): string {
  const age = nowMs - sinceMs;
  if (age < 45 * SECOND) {
    return trans.__('just now');
  }
  // Below, each limit is where rounding would reach the next larger unit.
  if (age < 59.5 * MINUTE) {
    return trans.__('%1 min ago', Math.max(1, Math.round(age / MINUTE)));
  }
  if (age < 23.5 * HOUR) {
    return trans.__('%1 h ago', Math.max(1, Math.round(age / HOUR)));
  }
  const days = Math.max(1, Math.round(age / DAY));
  return trans._n('%1 day ago', '%1 days ago', days);
}

/** Return words like "1.4 s". */
export function durationWords(ms: number, trans: TranslationBundle): string {
  if (ms < SECOND) {
    return trans.__('%1 ms', Math.max(0, Math.round(ms)));
  }
  if (ms < 99.5 * SECOND) {
    return trans.__('%1 s', (ms / SECOND).toPrecision(2).replace(/\.0$/, ''));
  }
  return trans.__('%1 min', (ms / MINUTE).toFixed(1).replace(/\.0$/, ''));
}

export function Age(props: {
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const at = new Date(props.sinceMs);
  return (
    <time className="cellmill-Age" dateTime={at.toISOString()} title={at.toLocaleString()}>
      {ageWords(props.sinceMs, props.nowMs, props.trans)}
    </time>
  );
}
