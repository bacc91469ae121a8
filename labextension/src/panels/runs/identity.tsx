/** Where a run comes from, and the names under which others know it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { RunDetail } from '../../wire/generated';
import { durationWords } from '../frame/age';
import { Copyable } from '../frame/copy';
import { sizeWords } from '../frame/numbers';

export function Identity(props: {
  readonly run: RunDetail;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { run, onCopy, trans } = props;
  const ids: readonly (readonly [string, string | null])[] = [
    [trans.__('Run'), run.run],
    [trans.__('MLflow run'), run.store_id],
    ...(run.nested_in === null ? [] : [[trans.__('Lies in run'), run.nested_in] as const]),
    [trans.__('Session'), run.session],
    [trans.__('Notebook'), run.notebook]
  ];
  return (
    <table className="cellmill-Table" aria-label={trans.__('Identity')}>
      <tbody>
        {ids.map(([label, id]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td>
              {id === null ? (
                <span className="cellmill-Quiet">{trans.__('none yet')}</span>
              ) : (
                <Copyable text={id} what={label} onCopy={onCopy} trans={trans} />
              )}
            </td>
          </tr>
        ))}
        <tr>
          <th scope="row">{trans.__('Started')}</th>
          <td>{new Date(run.started_ms).toLocaleString()}</td>
        </tr>
        {run.ended_ms === null ? null : (
          <tr>
            <th scope="row">{trans.__('Took')}</th>
            <td>{durationWords(run.ended_ms - run.started_ms, trans)}</td>
          </tr>
        )}
        {run.model_bytes === null ? null : (
          <tr>
            <th scope="row">{trans.__('Model')}</th>
            <td>{sizeWords(run.model_bytes)}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
