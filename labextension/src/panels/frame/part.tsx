/** A part of a longer view, which can be folded. */
import { caretDownIcon } from '@jupyterlab/ui-components';
import React from 'react';

export function Part(props: {
  readonly title: string;
  readonly count?: number;
  readonly folded?: boolean;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  const { title, count, folded = false, children } = props;
  return (
    <details className="cellmill-Part" open={!folded}>
      <summary>
        <caretDownIcon.react tag="span" className="cellmill-Part-caret" />
        <h3>{title}</h3>
        {count === undefined ? null : <span className="cellmill-Count">{count}</span>}
      </summary>
      {children}
    </details>
  );
}
