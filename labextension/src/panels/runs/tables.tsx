/** A run's metrics and parameters. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { Fragment } from 'react';

import type { RunDetail, WireParameter } from '../../wire/generated';
import { Breakable } from '../frame/breakable';
import { metricWords } from '../frame/numbers';
import { Value } from '../frame/value';
import { Curve } from './curve';

export function Metrics(props: {
  readonly run: RunDetail;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { run, trans } = props;
  const { metrics, curves } = run;
  if (metrics.length === 0) {
    return <p className="cellmill-Quiet">{noMetricsWords(run, trans)}</p>;
  }
  return (
    <table className="cellmill-Table cellmill-mod-numbers" aria-label={trans.__('Metrics')}>
      <tbody>
        {metrics.map(metric => {
          const curve = curves.find(({ name }) => name === metric.name);
          return (
            <Fragment key={metric.name}>
              <tr>
                <th scope="row">
                  <Breakable name={metric.name} />
                </th>
                <td className="cellmill-mod-number" title={String(metric.value)}>
                  {metricWords(metric.value)}
                </td>
              </tr>
              {curve === undefined ? null : (
                <tr className="cellmill-Curve-row">
                  <td colSpan={2}>
                    <Curve curve={curve} trans={trans} />
                  </td>
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}

/** Only what has been trained to its end can be scored. */
function noMetricsWords({ status }: RunDetail, trans: TranslationBundle): string {
  switch (status) {
    case 'finished':
      return trans.__('None yet. Score the model in any later cell and it appears here.');
    case 'running':
      return trans.__('None yet.');
    case 'failed':
    case 'interrupted':
      return trans.__('None.');
  }
}

export function Parameters(props: {
  readonly parameters: readonly WireParameter[];
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { parameters, trans } = props;
  if (parameters.length === 0) {
    return <p className="cellmill-Quiet">{trans.__('None.')}</p>;
  }
  // The notebook's own variables first: they are the ones a person set.
  const groups = [
    { label: trans.__('Notebook'), members: parameters.filter(p => p.source === 'notebook') },
    { label: trans.__('Estimator'), members: parameters.filter(p => p.source === 'estimator') }
  ].filter(group => group.members.length > 0);
  return (
    <table className="cellmill-Table" aria-label={trans.__('Parameters')}>
      {groups.map(({ label, members }) => (
        <tbody key={label}>
          {groups.length > 1 ? (
            <tr className="cellmill-Table-group">
              <th scope="rowgroup" colSpan={2}>
                {label}
              </th>
            </tr>
          ) : null}
          {members.map(({ name, value }) => (
            <tr key={name}>
              <th scope="row">
                <Breakable name={name} />
              </th>
              <Value text={value} trans={trans} />
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}
