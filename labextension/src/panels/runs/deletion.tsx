/** What the user is told before a run is deleted. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { RunSummary } from '../../wire/generated';
import { countWords } from '../frame/numbers';

export function DeletionWords(props: {
  readonly run: RunSummary;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { run, trans } = props;
  return (
    <div className="cellmill-Deletion">
      <p>{trans.__('This cannot be undone here.')}</p>
      <ul>
        {consequences(run, trans).map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}

/** Return what goes and what stays, a sentence each. */
export function consequences(run: RunSummary, trans: TranslationBundle): string[] {
  const lines = [
    trans.__(
      'Its model, its figures and its longer outputs are removed from .cellmill, unless another run has the same.'
    )
  ];
  if (run.trials > 0) {
    lines.unshift(
      trans._n(
        'Its trial goes with it.',
        'Its %2 trials go with it.',
        run.trials,
        countWords(run.trials)
      )
    );
  }
  if (run.recorded) {
    lines.push(
      trans.__('In MLflow it moves to the deleted runs. Registered versions of its model stay.')
    );
  }
  lines.push(
    trans.__(
      'The journal keeps what its cells ran, for other runs may need it, and marks the run as deleted.'
    )
  );
  if (run.status === 'running') {
    lines.push(trans.__('The training goes on: only its record is deleted.'));
  }
  return lines;
}
