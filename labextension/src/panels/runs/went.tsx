/** The runs that the chosen cell of the notebook went into. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { Fragment } from 'react';

import type { RunList, RunSummary } from '../../wire/generated';
import { countWords } from '../frame/numbers';
import { shortClass } from './words';

/** So many are named; the others are counted. */
const MOST = 5;

export function WentInto(props: {
  /** `null` where no cell is chosen. */
  readonly runs: readonly RunSummary[] | null;
  /** Among which they were looked for. */
  readonly list: RunList | null;
  readonly onOpen: (run: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { runs, list, onOpen, trans } = props;
  if (runs === null) {
    return null;
  }
  if (runs.length === 0) {
    return <p className="cellmill-Went">{noneWords(list, trans)}</p>;
  }
  const more = runs.length - MOST;
  return (
    <p className="cellmill-Went">
      {trans.__('This cell went into:')}{' '}
      {runs.slice(0, MOST).map((run, at) => (
        <Fragment key={run.run}>
          {at > 0 ? ', ' : null}
          <button type="button" className="cellmill-Link" onClick={() => onOpen(run.run)}>
            {run.run.slice(0, 6)} {shortClass(run.model_class)}
          </button>
        </Fragment>
      ))}
      {more > 0 ? trans._n(' and %2 more', ' and %2 more', more, countWords(more)) : null}
    </p>
  );
}

/** The list may not have all runs: of those that it leaves out nothing is said. */
function noneWords(list: RunList | null, trans: TranslationBundle): string {
  return list !== null && list.runs.length < list.total
    ? trans.__('This cell went into none of the newest %1 runs.', countWords(list.runs.length))
    : trans.__('This cell went into no run.');
}
