/** The data sets that a run saw. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { WireData } from '../../wire/generated';
import { Breakable } from '../frame/breakable';
import { Copyable } from '../frame/copy';
import { countWords } from '../frame/numbers';
import { Value } from '../frame/value';

export function DataSets(props: {
  readonly data: readonly WireData[];
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { data, onCopy, trans } = props;
  if (data.length === 0) {
    return <p className="cellmill-Quiet">{trans.__('None was recognised.')}</p>;
  }
  return (
    <ul role="list" className="cellmill-Cards" aria-label={trans.__('Data')}>
      {data.map((set, index) => (
        <li key={`${set.context} ${set.name} ${set.digest} ${index}`} className="cellmill-Card">
          <div className="cellmill-Card-head">
            <span className="cellmill-Card-title" title={`${set.name} (${set.kind})`}>
              {set.name}
            </span>
            <span className="cellmill-Chip">{contextWords(set.context, trans)}</span>
          </div>
          <div className="cellmill-Card-facts">
            <span>{sizeOf(set, trans)}</span>
            {set.target === null ? null : <span>{trans.__('target: %1', set.target)}</span>}
          </div>
          <Copyable text={set.digest} what={trans.__('digest')} onCopy={onCopy} trans={trans} />
          {set.columns.length > 0 ? <Columns set={set} trans={trans} /> : null}
        </li>
      ))}
    </ul>
  );
}

function Columns(props: {
  readonly set: WireData;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { set, trans } = props;
  return (
    <details className="cellmill-Columns">
      <summary>
        <caretDownIcon.react tag="span" className="cellmill-Part-caret" />
        {trans.__('Columns')}
      </summary>
      <table className="cellmill-Table" aria-label={trans.__('Columns of %1', set.name)}>
        <tbody>
          {set.columns.map(column => (
            <tr key={column.name}>
              <th scope="row">
                <Breakable name={column.name} />
              </th>
              <Value text={column.type} trans={trans} />
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** In `_n`, %1 is the number that chooses the form, and %2 how it is written. */
function sizeOf({ rows, columns }: WireData, trans: TranslationBundle): string {
  return trans.__(
    '%1 × %2',
    trans._n('%2 row', '%2 rows', rows, countWords(rows)),
    trans._n('%2 column', '%2 columns', columns.length, countWords(columns.length))
  );
}

function contextWords(context: WireData['context'], trans: TranslationBundle): string {
  switch (context) {
    case 'training':
      return trans.__('training');
    case 'evaluation':
      return trans.__('evaluation');
  }
}
