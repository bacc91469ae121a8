/** One run in the list. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { RunSummary } from '../../wire/generated';
import { Age } from '../frame/age';
import { Breakable } from '../frame/breakable';
import { fileName } from '../frame/names';
import { ReplayBadge } from './badge';
import { Incomplete } from './incomplete';
import { Metric } from './metric';
import { Status } from './status';
import { Telling } from './telling';
import { kindWords, rowMetrics, rowParameters, shortClass, statusWords } from './words';

export interface IRunRowProps {
  readonly run: RunSummary;
  readonly metricsPerRow: number;
  readonly showNotebook: boolean;
  readonly nowMs: number;
  /** Exactly one row of a list is the one that Tab reaches. */
  readonly tabStop: boolean;
  readonly onOpen: (run: string) => void;
  readonly trans: TranslationBundle;
}

export function RunRow(props: IRunRowProps): React.JSX.Element {
  const { run, trans } = props;
  return (
    <button
      type="button"
      className="cellmill-Row"
      data-cellmill-stop={run.run}
      data-run={run.run}
      tabIndex={props.tabStop ? 0 : -1}
      onClick={() => props.onOpen(run.run)}
    >
      <span className="cellmill-Row-head">
        <Status status={run.status} trans={trans} />
        <span className="cellmill-Row-title" title={run.model_class}>
          <Breakable name={shortClass(run.model_class)} />
        </span>
        <Age sinceMs={run.started_ms} nowMs={props.nowMs} trans={trans} />
      </span>
      <span className="cellmill-Row-facts">
        <Kind kind={run.kind} trans={trans} />
        {run.incomplete.length > 0 ? <Incomplete reasons={run.incomplete} trans={trans} /> : null}
        <ReplayBadge run={run} nowMs={props.nowMs} trans={trans} />
        <Telling parameters={rowParameters(run)} />
        <Metrics run={run} limit={props.metricsPerRow} trans={trans} />
        {props.showNotebook && run.notebook !== null ? (
          <span className="cellmill-Quiet" title={run.notebook}>
            {fileName(run.notebook)}
          </span>
        ) : null}
        {run.recorded || run.status === 'running' ? null : (
          <span
            className="cellmill-Quiet cellmill-mod-italic"
            title={trans.__('It is kept in the journal, and will be in MLflow in a moment.')}
          >
            {trans.__('not in MLflow yet')}
          </span>
        )}
      </span>
    </button>
  );
}

function Kind(props: {
  readonly kind: RunSummary['kind'];
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const words = kindWords(props.kind, props.trans);
  return words === null ? null : <span className="cellmill-Chip">{words}</span>;
}

function Metrics(props: {
  readonly run: RunSummary;
  readonly limit: number;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { run, limit, trans } = props;
  const shown = rowMetrics(run, limit);
  return (
    <>
      {run.status === 'finished' ? null : (
        <span className="cellmill-Row-status" data-status={run.status} aria-hidden="true">
          {statusWords(run.status, trans)}
        </span>
      )}
      {shown.map(metric => (
        <Metric key={metric.name} metric={metric} />
      ))}
      {run.status === 'finished' && run.metrics.length === 0 ? (
        <span className="cellmill-Quiet">{trans.__('no metrics yet')}</span>
      ) : null}
    </>
  );
}
