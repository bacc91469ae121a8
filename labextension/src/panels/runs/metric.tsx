/** A metric in a row. */
import React from 'react';

import type { WireMetric } from '../../wire/generated';
import { metricWords } from '../frame/numbers';

export function Metric(props: { readonly metric: WireMetric }): React.JSX.Element {
  const { name, value } = props.metric;
  return (
    <span className="cellmill-Metric" title={`${name} = ${value}`}>
      <span className="cellmill-Metric-name">{name}</span>{' '}
      <span className="cellmill-Metric-value">{metricWords(value)}</span>
    </span>
  );
}
