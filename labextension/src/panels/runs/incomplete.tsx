/** The sign that something may be missing from a run, with the reasons. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { warningIcon } from '../frame/icons';

export function Incomplete(props: {
  readonly reasons: readonly string[];
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const words = props.trans.__('Incomplete: %1', props.reasons.join('; '));
  return (
    <span className="cellmill-Incomplete" title={words}>
      <warningIcon.react tag="span" />
      <span className="cellmill-Hidden">{words}</span>
    </span>
  );
}
