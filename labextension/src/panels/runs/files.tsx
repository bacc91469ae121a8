/** The files that the executions of a run read and wrote. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { WireFile } from '../../wire/generated';
import { Breakable } from '../frame/breakable';
import { Copyable } from '../frame/copy';
import { countWords, sizeWords } from '../frame/numbers';
import { shortDigest } from './words';

export function Files(props: {
  readonly files: readonly WireFile[];
  readonly more: number;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { files, more, onCopy, trans } = props;
  if (files.length === 0) {
    return <p className="cellmill-Quiet">{trans.__('None was seen.')}</p>;
  }
  return (
    <>
      <ul role="list" className="cellmill-Cards" aria-label={trans.__('Files')}>
        {files.map(file => (
          <li key={`${file.mode} ${file.path}`} className="cellmill-Card">
            <div className="cellmill-Card-head">
              <code className="cellmill-Path" title={file.path}>
                <Breakable name={file.path} />
              </code>
              <span className="cellmill-Chip">{modeWords(file.mode, trans)}</span>
            </div>
            <div className="cellmill-Card-facts">
              <span>{trans.__('by [%1]', file.number)}</span>
              {file.size_bytes === null ? null : <span>{sizeWords(file.size_bytes)}</span>}
              {file.sha256 === null ? null : (
                <Copyable
                  text={file.sha256}
                  shown={shortDigest(file.sha256)}
                  what={trans.__('digest')}
                  onCopy={onCopy}
                  trans={trans}
                />
              )}
            </div>
            {file.note === null ? null : <p className="cellmill-Quiet">{file.note}</p>}
          </li>
        ))}
      </ul>
      {more === 0 ? null : (
        <p className="cellmill-Quiet">
          {trans._n('%2 more file.', '%2 more files.', more, countWords(more))}
        </p>
      )}
    </>
  );
}

function modeWords(mode: WireFile['mode'], trans: TranslationBundle): string {
  switch (mode) {
    case 'read':
      return trans.__('read');
    case 'written':
      return trans.__('written');
  }
}
