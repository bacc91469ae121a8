/** What an execution printed and returned, folded until somebody wants it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { WireExecution, WireOutput } from '../../wire/generated';

export function Outputs(props: {
  readonly execution: WireExecution;
  readonly tabStop: boolean;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { execution, trans } = props;
  if (execution.outputs.length === 0) {
    return null;
  }
  return (
    <details className="cellmill-Columns cellmill-Outputs">
      <summary data-cellmill-stop tabIndex={props.tabStop ? 0 : -1}>
        <caretDownIcon.react tag="span" className="cellmill-Part-caret" />
        {trans.__('Output')}
        <span className="cellmill-Hidden">{trans.__('of [%1]', execution.number)}</span>
      </summary>
      <div
        className="cellmill-Outputs-body"
        tabIndex={0}
        role="group"
        aria-label={trans.__('Output of [%1]', execution.number)}
      >
        {execution.outputs.map((output, at) => (
          <Text key={at} output={output} trans={trans} />
        ))}
        {execution.more_outputs ? (
          <p className="cellmill-Quiet">{trans.__('More was shown than stands here.')}</p>
        ) : null}
      </div>
    </details>
  );
}

function Text(props: {
  readonly output: WireOutput;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { output, trans } = props;
  return (
    <>
      {output.text === '' ? null : <pre data-kind={output.kind}>{output.text}</pre>}
      {output.is_cut ? <p className="cellmill-Quiet">{trans.__('… and more')}</p> : null}
      {output.note === null ? null : <p className="cellmill-Quiet">{output.note}</p>}
    </>
  );
}
