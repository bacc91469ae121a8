/** How far something has come that takes its time. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { Spinner } from './notices';

export function Standing(props: {
  /** `null` where nothing was begun. */
  readonly words: string | null;
  readonly isRunning: boolean;
  /** The cells that have ended, of how many. Without them there is no bar. */
  readonly done?: number;
  readonly of?: number;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { words, isRunning, done = 0, of = 0, trans } = props;
  return (
    <>
      {/* Always there: a screen reader hears only what changes inside. */}
      <div role="status">
        {words === null ? null : (
          <p className="cellmill-Standing">
            {isRunning ? <Spinner /> : null}
            {words}
          </p>
        )}
      </div>
      {isRunning && of > 0 ? (
        <progress
          className="cellmill-Progress"
          aria-label={trans.__('Cells that have ended')}
          value={done}
          max={of}
        />
      ) : null}
    </>
  );
}
