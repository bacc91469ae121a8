/** A notebook is split: steps are proposed, borders moved, and the pipeline tried and written. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretLeftIcon } from '@jupyterlab/ui-components';
import React, { useId } from 'react';

import { nameOf, type ISplits } from '../../state/splits';
import type { WireSplit } from '../../wire/generated';
import { durationWords } from '../frame/age';
import { Breakable } from '../frame/breakable';
import { Loading, Spinner, TroubleNotice } from '../frame/notices';
import { Part } from '../frame/part';
import { fileName } from '../runs/words';
import { Cells } from './cells';

export interface IWizardProps {
  readonly splits: ISplits;
  readonly onBack: () => void;
  readonly onRetry: () => void;
  readonly onType: (name: string) => void;
  readonly onNetwork: (allowed: boolean) => void;
  readonly onPropose: () => void;
  readonly onToggle: (number: number) => void;
  readonly onMove: (number: number, by: 1 | -1) => number;
  readonly onReset: () => void;
  readonly onMake: () => void;
  readonly onCancel: () => void;
  readonly onReveal: (cell: string) => void;
  readonly onOpenPipeline: (folder: string) => void;
  readonly trans: TranslationBundle;
}

export function Wizard(props: IWizardProps): React.JSX.Element {
  const { splits, onBack, onRetry, trans } = props;
  const { notebook, answer, trouble } = splits;
  return (
    <section
      className="cellmill-Detail cellmill-Form cellmill-Wizard"
      aria-label={trans.__('Split into a pipeline')}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          onBack();
        }
      }}
    >
      <div className="cellmill-Detail-bar">
        <button type="button" className="cellmill-Back" onClick={onBack}>
          <caretLeftIcon.react tag="span" />
          {trans.__('Back')}
        </button>
      </div>
      <div className="cellmill-Detail-body">
        <div className="cellmill-Form-title">
          <h2>{trans.__('Split into a pipeline')}</h2>
        </div>
        <p className="cellmill-Form-words cellmill-Quiet">
          <Breakable name={notebook === null ? '' : fileName(notebook)} />
        </p>
        {[answer.trouble, trouble].map((one, at) =>
          one === null ? null : (
            <TroubleNotice key={at} trouble={one} onRetry={onRetry} trans={trans} />
          )
        )}
        {answer.value === null ? (
          answer.trouble === null ? (
            <Loading trans={trans} />
          ) : null
        ) : (
          <Whole {...props} split={answer.value.split} />
        )}
      </div>
    </section>
  );
}

function Whole(props: IWizardProps & { readonly split: WireSplit | null }): React.JSX.Element {
  const { splits, split, onType, onNetwork, onPropose, onCancel, trans } = props;
  const { network, asking, problem } = splits;
  const id = useId();
  const isRunning = split?.stage === 'running';
  const name = nameOf(splits);
  const plan = split?.plan ?? null;
  return (
    <>
      <div className="cellmill-Field">
        <label htmlFor={id}>{trans.__('Name of the pipeline')}</label>
        <input
          id={id}
          className="jp-mod-styled"
          value={name}
          spellCheck={false}
          autoComplete="off"
          disabled={isRunning}
          onChange={event => onType(event.target.value)}
        />
        <div className="cellmill-Field-foot">{trans.__('Written to pipelines/%1', name)}</div>
      </div>
      <label className="cellmill-Wizard-network">
        <input
          type="checkbox"
          checked={network}
          disabled={isRunning}
          onChange={event => onNetwork(event.target.checked)}
        />
        {trans.__('It may use the network while it is tried')}
      </label>
      <div className="cellmill-Form-buttons">
        <button
          type="button"
          className={`cellmill-Button ${plan === null ? 'cellmill-mod-primary' : ''}`}
          title={trans.__('The notebook is run twice from a clean kernel, in a scratch folder')}
          disabled={asking || isRunning || name === ''}
          onClick={onPropose}
        >
          {plan === null ? trans.__('Propose steps') : trans.__('Look again')}
        </button>
        {isRunning ? (
          <button type="button" className="cellmill-Button" disabled={asking} onClick={onCancel}>
            {trans.__('Cancel')}
          </button>
        ) : null}
      </div>
      <div role="status">
        {split === null ? null : (
          <p className="cellmill-Activity-words">
            {isRunning ? <Spinner /> : null}
            {splitWords(split, trans)}
          </p>
        )}
      </div>
      {isRunning && split.of > 0 ? (
        <div className="cellmill-Activity">
          <progress
            aria-label={trans.__('Cells that have ended')}
            value={split.done}
            max={split.of}
          />
        </div>
      ) : null}
      {[problem, ...(isRunning || split === null ? [] : [split.message, ...split.reasons])].map(
        (words, at) =>
          words === null ? null : (
            <div key={at} className="cellmill-Note" data-tone="error" role="alert">
              {words}
            </div>
          )
      )}
      {split === null || plan === null ? null : <Plan {...props} split={split} />}
    </>
  );
}

function Plan(props: IWizardProps & { readonly split: WireSplit }): React.JSX.Element | null {
  const { splits, split, onToggle, onMove, onReset, onMake, onReveal, onOpenPipeline, trans } =
    props;
  const { borders, asking } = splits;
  const { plan, folder } = split;
  const isRunning = split.stage === 'running';
  if (plan === null) {
    return null;
  }
  const proposed = plan.steps.map(step => step.first).filter(first => first > 1);
  const isProposed =
    proposed.length === borders.size && proposed.every(number => borders.has(number));
  const notes = split.kind === 'make' && split.notes.length > 0 ? split.notes : plan.notes;
  return (
    <>
      {folder === null ? null : (
        <div className="cellmill-Form-buttons">
          <button
            type="button"
            className="cellmill-Button cellmill-mod-primary"
            onClick={() => onOpenPipeline(folder)}
          >
            {trans.__('Open the pipeline')}
          </button>
        </div>
      )}
      <Part title={trans.__('Steps')} count={borders.size + 1}>
        <Cells
          plan={plan}
          borders={borders}
          disabled={asking || isRunning}
          onToggle={onToggle}
          onMove={onMove}
          onReveal={onReveal}
          trans={trans}
        />
        {notes.map(note => (
          <p key={note} className="cellmill-Form-words cellmill-Quiet">
            {note}
          </p>
        ))}
        <div className="cellmill-Form-buttons">
          <button
            type="button"
            className={`cellmill-Button ${folder === null ? 'cellmill-mod-primary' : ''}`}
            title={trans.__(
              'The notebook and the steps are run and compared; only what comes to the same is written'
            )}
            disabled={asking || isRunning || borders.size === 0 || nameOf(splits) === ''}
            onClick={onMake}
          >
            {trans.__('Verify and write')}
          </button>
          {isProposed || proposed.length === 0 ? null : (
            <button type="button" className="cellmill-Button" onClick={onReset}>
              {trans.__('As proposed')}
            </button>
          )}
        </div>
      </Part>
    </>
  );
}

/** How it stands, in words. */
export function splitWords(split: WireSplit, trans: TranslationBundle): string {
  const { kind, stage, words, done, of, started_ms, ended_ms, compared } = split;
  switch (stage) {
    case 'running':
      if (words === null) {
        return trans.__('Starting…');
      }
      return of === 0
        ? trans.__('Running %1…', words)
        : trans.__('Running %1: %2 of %3 cells', words, done, of);
    case 'ended':
      return kind === 'look'
        ? trans.__(
            'The notebook ran to its end in %1.',
            durationWords((ended_ms ?? started_ms) - started_ms, trans)
          )
        : trans._n(
            'Written: the same as the whole notebook, %1 value compared.',
            'Written: the same as the whole notebook, %1 values compared.',
            compared ?? 0
          );
    case 'failed':
      return trans.__('Nothing was written.');
    case 'cancelled':
      return trans.__('Cancelled. Nothing was written.');
  }
}
