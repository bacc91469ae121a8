/** Many runs of one execution, in one row. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon } from '@jupyterlab/ui-components';
import React from 'react';

import { Age } from '../frame/age';
import { Breakable } from '../frame/breakable';
import { countWords, metricWords } from '../frame/numbers';
import { rangesOf, statusOf, variedIn, type IBatch, type IRange } from './batches';
import { Incomplete } from './incomplete';
import { Status } from './status';
import { shortClass } from './words';

export interface IBatchRowProps {
  readonly batch: IBatch;
  readonly stop: string;
  readonly metricsPerRow: number;
  readonly nowMs: number;
  readonly isUnfolded: boolean;
  readonly tabStop: boolean;
  readonly onFold: (wanted: boolean) => void;
  readonly trans: TranslationBundle;
}

export function BatchRow(props: IBatchRowProps): React.JSX.Element {
  const { batch, isUnfolded, trans } = props;
  const newest = batch.runs[batch.runs.length - 1];
  const varied = variedIn(batch);
  const reasons = [...new Set(batch.runs.flatMap(run => run.incomplete))];
  return (
    <button
      type="button"
      className="cellmill-Row"
      data-cellmill-stop={props.stop}
      tabIndex={props.tabStop ? 0 : -1}
      aria-expanded={isUnfolded}
      onClick={() => props.onFold(!isUnfolded)}
    >
      <span className="cellmill-Row-head">
        <Status status={statusOf(batch)} trans={trans} />
        <span className="cellmill-Row-title" title={newest.model_class}>
          {countWords(batch.runs.length)} × <Breakable name={shortClass(newest.model_class)} />
        </span>
        <Age sinceMs={newest.started_ms} nowMs={props.nowMs} trans={trans} />
      </span>
      <span className="cellmill-Row-facts">
        <caretDownIcon.react tag="span" className="cellmill-Part-caret" />
        {reasons.length > 0 ? <Incomplete reasons={reasons} trans={trans} /> : null}
        {varied.length > 0 ? (
          <span className="cellmill-Quiet">{trans.__('by %1', varied.slice(0, 3).join(', '))}</span>
        ) : null}
        {rangesOf(batch, props.metricsPerRow).map(range => (
          <Range key={range.name} range={range} />
        ))}
      </span>
    </button>
  );
}

function Range(props: { readonly range: IRange }): React.JSX.Element {
  const { name, low, high } = props.range;
  const [least, most] = [metricWords(low), metricWords(high)];
  return (
    <span className="cellmill-Metric" title={`${name} = ${low} … ${high}`}>
      <span className="cellmill-Metric-name">{name}</span>{' '}
      <span className="cellmill-Metric-value">{least === most ? least : `${least} … ${most}`}</span>
    </span>
  );
}
