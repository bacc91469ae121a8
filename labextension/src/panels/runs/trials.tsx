/** The trials of a search. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { NOTHING, type IFetched } from '../../state/latest';
import type { TrialList, WireTrial } from '../../wire/generated';
import { Fetched } from '../frame/fetched';
import { countWords } from '../frame/numbers';
import { Incomplete } from './incomplete';
import { Metric } from './metric';
import { Status } from './status';
import { Telling } from './telling';
import { statusWords, trialMetrics } from './words';

export interface ITrialsProps {
  readonly fetched: IFetched<TrialList> | undefined;
  readonly metricsPerRow: number;
  readonly onOpen: (run: string) => void;
  readonly onRetry: () => void;
  /** The one trial that Tab reaches, where the list is entered by Tab at all. */
  readonly tabStop: string | null;
  readonly trans: TranslationBundle;
}

export function Trials(props: ITrialsProps): React.JSX.Element {
  const { fetched, trans } = props;
  return (
    <Fetched fetched={fetched ?? NOTHING} onRetry={props.onRetry} trans={trans}>
      {list => <Rows {...props} list={list} />}
    </Fetched>
  );
}

function Rows(props: ITrialsProps & { readonly list: TrialList }): React.JSX.Element {
  const { trials, total } = props.list;
  const { trans } = props;
  return (
    <>
      <ul role="list" className="cellmill-List cellmill-Trials" aria-label={trans.__('Trials')}>
        {trials.map((trial, at) => (
          <li key={trial.run}>
            <Trial {...props} trial={trial} number={at + 1} />
          </li>
        ))}
      </ul>
      {trials.length < total ? (
        <p className="cellmill-Rest">
          {trans.__('The first %1 of %2 trials.', countWords(trials.length), countWords(total))}
        </p>
      ) : null}
    </>
  );
}

function Trial(
  props: ITrialsProps & { readonly trial: WireTrial; readonly number: number }
): React.JSX.Element {
  const { trial, number, metricsPerRow, trans } = props;
  return (
    <button
      type="button"
      className="cellmill-Row cellmill-mod-trial"
      data-cellmill-stop={trial.run}
      data-run={trial.run}
      tabIndex={trial.run === props.tabStop ? 0 : -1}
      onClick={() => props.onOpen(trial.run)}
    >
      <span className="cellmill-Row-head">
        <Status status={trial.status} trans={trans} />
        <span className="cellmill-Trial-title">{trans.__('Trial %1', number)}</span>
        {trialMetrics(trial.metrics, metricsPerRow).map(metric => (
          <Metric key={metric.name} metric={metric} />
        ))}
      </span>
      <span className="cellmill-Row-facts">
        {trial.incomplete.length > 0 ? (
          <Incomplete reasons={trial.incomplete} trans={trans} />
        ) : null}
        {trial.status === 'finished' ? null : (
          <span className="cellmill-Row-status" data-status={trial.status} aria-hidden="true">
            {statusWords(trial.status, trans)}
          </span>
        )}
        <Telling parameters={trial.parameters} />
      </span>
    </button>
  );
}
