/** Where a run's data came from. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { WireSource } from '../../wire/generated';
import { Breakable } from '../frame/breakable';
import { Copyable } from '../frame/copy';
import { shortDigest } from './words';

export function Sources(props: {
  readonly sources: readonly WireSource[];
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { sources, onCopy, trans } = props;
  if (sources.length === 0) {
    return (
      <p className="cellmill-Quiet">
        {trans.__('No file, address, query or packaged data set was recognised.')}
      </p>
    );
  }
  return (
    <ul role="list" className="cellmill-Cards" aria-label={trans.__('Where the data came from')}>
      {sources.map(({ kind, name, digest }) => (
        <li key={`${kind} ${name}`} className="cellmill-Card">
          <div className="cellmill-Card-head">
            {kind === 'query' ? (
              <pre className="cellmill-Query" tabIndex={0}>
                {name}
              </pre>
            ) : (
              <code className="cellmill-Path" title={name}>
                <Breakable name={name} />
              </code>
            )}
            <span className="cellmill-Chip">{sourceWords(kind, trans)}</span>
          </div>
          {digest === null ? null : (
            <Copyable
              text={digest}
              shown={shortDigest(digest)}
              what={trans.__('digest')}
              onCopy={onCopy}
              trans={trans}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function sourceWords(kind: WireSource['kind'], trans: TranslationBundle): string {
  switch (kind) {
    case 'file':
      return trans.__('file');
    case 'url':
      return trans.__('address');
    case 'query':
      return trans.__('query');
    case 'package':
      return trans.__('package');
  }
}
