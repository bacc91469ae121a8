/** What stands where a list would: nothing yet, waiting, or trouble. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { Trouble } from '../../api/trouble';
import { advise } from '../advice';
import { cellmillIcon, warningIcon } from './icons';

export function Empty(props: { readonly title: string; readonly next: string }): React.JSX.Element {
  return (
    <div className="cellmill-Empty" role="status">
      <cellmillIcon.react tag="span" className="cellmill-Empty-icon" />
      <p className="cellmill-Empty-title">{props.title}</p>
      <p>{props.next}</p>
    </div>
  );
}

export function Loading(props: { readonly trans: TranslationBundle }): React.JSX.Element {
  return (
    <div className="cellmill-Loading" role="status">
      <Spinner />
      {props.trans.__('Loading…')}
    </div>
  );
}

export function Spinner(): React.JSX.Element {
  return <span className="cellmill-Spinner" aria-hidden="true" />;
}

/** Why something cannot be, in the words of whoever said so. Nothing where there is nothing to say. */
export function Problem(props: { readonly words: string | null }): React.JSX.Element | null {
  return props.words === null ? null : (
    <div className="cellmill-Note" data-tone="error" role="alert">
      {props.words}
    </div>
  );
}

export function TroubleNotice(props: {
  readonly trouble: Trouble;
  readonly onRetry: () => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { what, next } = advise(props.trouble, props.trans);
  return (
    <div className="cellmill-Trouble" role="alert">
      <warningIcon.react tag="span" className="cellmill-Trouble-icon" />
      <div>
        <p className="cellmill-Trouble-what">{what}</p>
        <p>{next}</p>
        <button type="button" className="cellmill-Button" onClick={props.onRetry}>
          {props.trans.__('Retry')}
        </button>
      </div>
    </div>
  );
}
