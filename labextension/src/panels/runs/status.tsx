/** How a run stands: an icon for the eye, words for a screen reader. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon, errorIcon, stopIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { RunSummary } from '../../wire/generated';
import { Spinner } from '../frame/notices';
import { statusWords } from './words';

export function Status(props: {
  readonly status: RunSummary['status'];
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const words = statusWords(props.status, props.trans);
  return (
    <span className="cellmill-Status" data-status={props.status} title={words}>
      {picture(props.status)}
      <span className="cellmill-Hidden">{words}</span>
    </span>
  );
}

function picture(status: RunSummary['status']): React.JSX.Element {
  switch (status) {
    case 'running':
      return <Spinner />;
    case 'finished':
      return <checkIcon.react tag="span" />;
    case 'failed':
      return <errorIcon.react tag="span" />;
    case 'interrupted':
      return <stopIcon.react tag="span" />;
  }
}
