/** A notebook is split: steps are proposed, borders moved, and the pipeline tried and written. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useId, useRef } from 'react';

import { nameOf, type ISplits } from '../../state/splits';
import type { WireSplit } from '../../wire/generated';
import { durationWords } from '../frame/age';
import { Breakable } from '../frame/breakable';
import { Cover, CoverTitle } from '../frame/cover';
import { fileName } from '../frame/names';
import { Problem } from '../frame/notices';
import { Part } from '../frame/part';
import { Standing } from '../frame/standing';
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

/** The field of the pipeline's name. */
const NAME = 'name';

export function Wizard(props: IWizardProps): React.JSX.Element {
  const { splits, onBack, onRetry, trans } = props;
  const { notebook, isOpen, answer, trouble } = splits;
  return (
    <Cover
      label={trans.__('Split into a pipeline')}
      back={trans.__('Back to pipelines')}
      onBack={onBack}
      about={isOpen ? notebook : null}
      first={answer.value === null ? undefined : NAME}
      head={
        <>
          <CoverTitle>{trans.__('Split into a pipeline')}</CoverTitle>
          <p className="cellmill-Words cellmill-Quiet">
            <Breakable name={fileName(notebook ?? '')} />
          </p>
        </>
      }
      fetched={answer}
      trouble={trouble}
      onRetry={onRetry}
      trans={trans}
    >
      {value => <Whole {...props} split={value.split} />}
    </Cover>
  );
}

function Whole(props: IWizardProps & { readonly split: WireSplit | null }): React.JSX.Element {
  const { splits, split, onType, onNetwork, onPropose, trans } = props;
  const { network, asking } = splits;
  const id = useId();
  const isRunning = split?.stage === 'running';
  const name = nameOf(splits);
  const plan = split?.plan ?? null;
  return (
    <>
      <div className="cellmill-Field cellmill-mod-words">
        <label htmlFor={id}>{trans.__('Name of the pipeline')}</label>
        <input
          id={id}
          name={NAME}
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
      <div className="cellmill-Buttons">
        <button
          type="button"
          className={`cellmill-Button ${plan === null ? 'cellmill-mod-primary' : ''}`}
          title={trans.__('The notebook is run twice from a clean kernel, in a scratch folder')}
          disabled={asking || isRunning || name === ''}
          onClick={onPropose}
        >
          {plan === null ? trans.__('Propose steps') : trans.__('Look again')}
        </button>
        {isMade(split) ? null : <Cancel {...props} />}
      </div>
      {isMade(split) ? null : <Course {...props} />}
      {split === null || plan === null ? null : <Plan {...props} split={split} />}
    </>
  );
}

/** Whether steps are, or were, verified. How that goes stands at the foot then, where it was asked for. */
function isMade(split: WireSplit | null): boolean {
  return split !== null && split.kind === 'make' && split.plan !== null;
}

type CourseProps = IWizardProps & { readonly split: WireSplit | null };

function Cancel({ splits, split, onCancel, trans }: CourseProps): React.JSX.Element | null {
  return split?.stage === 'running' ? (
    <button
      type="button"
      className="cellmill-Button"
      disabled={splits.asking || split.is_cancelled}
      onClick={onCancel}
    >
      {trans.__('Cancel')}
    </button>
  ) : null;
}

/** How far it has come, and what went wrong. */
function Course({ splits, split, trans }: CourseProps): React.JSX.Element {
  const isRunning = split?.stage === 'running';
  const told = isRunning || split === null ? [] : [split.message, ...split.reasons];
  return (
    <>
      <Standing
        words={split === null ? null : splitWords(split, trans)}
        isRunning={isRunning}
        done={split?.done}
        of={split?.of}
        trans={trans}
      />
      {[splits.problem, ...told].map((words, at) => (
        <Problem key={at} words={words} />
      ))}
    </>
  );
}

function Plan(props: IWizardProps & { readonly split: WireSplit }): React.JSX.Element | null {
  const { splits, split, onToggle, onMove, onReset, onMake, onReveal, onOpenPipeline, trans } =
    props;
  const { borders, asking } = splits;
  const { plan, folder, stage } = split;
  const isRunning = stage === 'running';
  const foot = useRef<HTMLDivElement>(null);
  const hasFoot = isMade(split);
  useEffect(() => {
    if (hasFoot) {
      foot.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [hasFoot, stage]);
  if (plan === null || plan.cells.length === 0) {
    return null;
  }
  const proposed = plan.steps.map(step => step.first).filter(first => first > 1);
  const isProposed =
    proposed.length === borders.size && proposed.every(number => borders.has(number));
  const notes = split.kind === 'make' && split.notes.length > 0 ? split.notes : plan.notes;
  return (
    <>
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
          <p key={note} className="cellmill-Words cellmill-Quiet">
            {note}
          </p>
        ))}
        <div className="cellmill-Buttons">
          <button
            type="button"
            className={`cellmill-Button ${folder === null ? 'cellmill-mod-primary' : ''}`}
            title={trans.__(
              'The notebook and the steps are run and compared; only what gives the same results is written'
            )}
            disabled={asking || isRunning || borders.size === 0 || nameOf(splits) === ''}
            onClick={onMake}
          >
            {trans.__('Verify and write')}
          </button>
          {hasFoot ? <Cancel {...props} /> : null}
          {isRunning || isProposed || proposed.length === 0 ? null : (
            <button type="button" className="cellmill-Button" onClick={onReset}>
              {trans.__('As proposed')}
            </button>
          )}
        </div>
        {hasFoot ? (
          <div ref={foot} className="cellmill-Split-foot">
            <Course {...props} />
            {folder === null ? null : (
              <div className="cellmill-Buttons">
                <button
                  type="button"
                  className="cellmill-Button cellmill-mod-primary"
                  onClick={() => onOpenPipeline(folder)}
                >
                  {trans.__('Open the pipeline')}
                </button>
              </div>
            )}
          </div>
        ) : null}
      </Part>
    </>
  );
}

/** How it stands, in words. */
export function splitWords(split: WireSplit, trans: TranslationBundle): string {
  const { kind, stage, words, done, of, started_ms, ended_ms, compared } = split;
  switch (stage) {
    case 'running':
      if (split.is_cancelled) {
        return trans.__('Cancelling…');
      }
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
