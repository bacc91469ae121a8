/** One run, whole. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretLeftIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef } from 'react';

import type { IRuns } from '../../state/runs';
import type { RunDetail } from '../../wire/generated';
import { Age } from '../frame/age';
import { Breakable } from '../frame/breakable';
import { Loading, TroubleNotice } from '../frame/notices';
import { Part } from '../frame/part';
import { Cells } from './cells';
import { DataSets } from './data';
import { Identity } from './identity';
import { Status } from './status';
import { Metrics, Parameters } from './tables';
import { shortClass, statusWords, whyNotRegistered } from './words';

export interface IRunDetailProps {
  readonly detail: IRuns['detail'];
  readonly opened: string | null;
  readonly nowMs: number;
  readonly onBack: () => void;
  readonly onRetry: () => void;
  readonly onRegister: (run: string) => void;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}

export function RunDetailView(props: IRunDetailProps): React.JSX.Element {
  const { detail, opened, onBack, trans } = props;
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (opened !== null) {
      back.current?.focus();
    }
  }, [opened]);
  return (
    <section
      className="cellmill-Detail"
      aria-label={trans.__('Run details')}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          onBack();
        }
      }}
    >
      <div className="cellmill-Detail-bar">
        <button ref={back} type="button" className="cellmill-Back" onClick={onBack}>
          <caretLeftIcon.react tag="span" />
          {trans.__('Back to runs')}
        </button>
      </div>
      <div className="cellmill-Detail-body">
        {detail.trouble === null ? null : (
          <TroubleNotice trouble={detail.trouble} onRetry={props.onRetry} trans={trans} />
        )}
        {detail.value === null ? (
          detail.trouble === null ? (
            <Loading trans={trans} />
          ) : null
        ) : (
          <Whole {...props} run={detail.value} />
        )}
      </div>
    </section>
  );
}

function Whole(props: IRunDetailProps & { readonly run: RunDetail }): React.JSX.Element {
  const { run, onCopy, onReveal, trans } = props;
  return (
    <>
      <Heading {...props} />
      <Notes run={run} trans={trans} />
      <Part title={trans.__('Metrics')} count={run.metrics.length}>
        <Metrics metrics={run.metrics} trans={trans} />
      </Part>
      <Part title={trans.__('Parameters')} count={run.parameters.length}>
        <Parameters parameters={run.parameters} trans={trans} />
      </Part>
      <Part title={trans.__('Data')} count={run.data.length}>
        <DataSets data={run.data} onCopy={onCopy} trans={trans} />
      </Part>
      <Part title={trans.__('Cells')} count={run.executions.length}>
        <Cells run={run} onReveal={onReveal} trans={trans} />
      </Part>
      <Part title={trans.__('Identity')} folded>
        <Identity run={run} onCopy={onCopy} trans={trans} />
      </Part>
    </>
  );
}

function Heading(props: IRunDetailProps & { readonly run: RunDetail }): React.JSX.Element {
  const { run, nowMs, onRegister, trans } = props;
  const whyNot = whyNotRegistered(run, trans);
  return (
    <header className="cellmill-Detail-head">
      <h2>
        <Breakable name={shortClass(run.model_class)} />
      </h2>
      <p className="cellmill-Detail-class">
        <Breakable name={run.model_class} />
      </p>
      <p className="cellmill-Detail-state">
        <Status status={run.status} trans={trans} />
        <span aria-hidden="true">{statusWords(run.status, trans)}</span>
        <Age sinceMs={run.started_ms} nowMs={nowMs} trans={trans} />
      </p>
      <button
        type="button"
        className="cellmill-Button cellmill-mod-primary"
        disabled={whyNot !== null}
        title={whyNot ?? trans.__('Make a model version of this run')}
        onClick={() => onRegister(run.run)}
      >
        {trans.__('Register…')}
      </button>
      {/* A disabled button shows no tooltip to the keyboard, so the reason stands in the open. */}
      {whyNot === null ? null : <p className="cellmill-Quiet">{whyNot}</p>}
    </header>
  );
}

function Notes(props: {
  readonly run: RunDetail;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { run, trans } = props;
  return (
    <>
      {run.error === null ? null : (
        <div className="cellmill-Note" data-tone="error" role="note">
          <strong>{run.error.type}</strong>
          <code>{run.error.message}</code>
        </div>
      )}
      {run.incomplete.length === 0 ? null : (
        <div className="cellmill-Note" data-tone="warning" role="note">
          <strong>{trans.__('Incomplete')}</strong>
          {run.incomplete.map(reason => (
            <span key={reason}>{reason}</span>
          ))}
        </div>
      )}
      {run.has_model && run.model_note !== null ? (
        <div className="cellmill-Note" role="note">
          {run.model_note}
        </div>
      ) : null}
    </>
  );
}
