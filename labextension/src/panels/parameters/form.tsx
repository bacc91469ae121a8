/** The form of a notebook's parameters: fields, the run that they begin, and what could become a parameter. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useRef } from 'react';

import type { IParameters } from '../../state/parameters';
import type { ParameterForm, WireSweep } from '../../wire/generated';
import { Breakable } from '../frame/breakable';
import { Cover, CoverTitle } from '../frame/cover';
import { fileName } from '../frame/names';
import { Empty, Problem } from '../frame/notices';
import { Activity } from './activity';
import { Field } from './field';
import { Proposals, Sweeps } from './proposals';

export interface IParameterFormProps {
  readonly parameters: IParameters;
  readonly nowMs: number;
  readonly onBack: () => void;
  readonly onRefresh: () => void;
  readonly onType: (name: string, text: string) => void;
  readonly onLeave: (name: string) => void;
  readonly onReset: () => void;
  /** Resolves to the first field that does not fit. */
  readonly onRun: () => Promise<string | null>;
  readonly onCancel: () => void;
  readonly onOpen: (notebook: string) => void;
  readonly onPick: (name: string, wanted: boolean) => void;
  readonly onMake: () => void;
  readonly onUndo: () => void;
  readonly onReveal: (cell: string) => void;
  readonly onPicture: (sweep: WireSweep) => void;
  readonly trans: TranslationBundle;
}

export function ParameterFormView(props: IParameterFormProps): React.JSX.Element {
  const { parameters, onBack, onRefresh, trans } = props;
  const { notebook, isOpen, form, trouble } = parameters;
  return (
    <Cover
      label={trans.__('Run with parameters')}
      back={trans.__('Back to runs')}
      onBack={onBack}
      about={isOpen ? notebook : null}
      first={form.value?.parameters.at(0)?.name}
      head={
        <>
          <CoverTitle again={trans.__('Read the notebook again')} onAgain={onRefresh}>
            {trans.__('Run with parameters')}
          </CoverTitle>
          <p className="cellmill-Words cellmill-Quiet">
            <Breakable name={fileName(notebook ?? '')} />
          </p>
        </>
      }
      fetched={form}
      trouble={trouble}
      onRetry={onRefresh}
      trans={trans}
    >
      {value => <Whole {...props} form={value} />}
    </Cover>
  );
}

function Whole(props: IParameterFormProps & { readonly form: ParameterForm }): React.JSX.Element {
  const { parameters, form, nowMs, trans } = props;
  const { picked, problems, activity, asking } = parameters;
  const isRunning = activity?.stage === 'running';
  return (
    <>
      <Problem words={problems.get('') ?? form.problem} />
      {form.parameters.length > 0 ? (
        <Fields {...props} disabled={asking || isRunning} />
      ) : form.problem !== null ? null : (
        <Empty
          title={trans.__('No parameters yet')}
          next={
            form.proposals.length > 0
              ? trans.__('Tick values below and make them parameters.')
              : trans.__('Assign a plain value in a cell tagged “parameters”, such as: depth = 3')
          }
        />
      )}
      <Activity
        activity={activity}
        asking={asking}
        onCancel={props.onCancel}
        onOpen={props.onOpen}
        trans={trans}
      />
      {form.problem !== null ? null : (
        <Proposals
          form={form}
          picked={picked}
          disabled={asking || isRunning}
          onPick={props.onPick}
          onMake={props.onMake}
          onUndo={props.onUndo}
          onReveal={props.onReveal}
          trans={trans}
        />
      )}
      {form.sweeps.length === 0 ? null : (
        <Sweeps sweeps={form.sweeps} nowMs={nowMs} onPicture={props.onPicture} trans={trans} />
      )}
    </>
  );
}

function Fields(
  props: IParameterFormProps & { readonly form: ParameterForm; readonly disabled: boolean }
): React.JSX.Element {
  const { parameters, form, disabled, onType, onLeave, onReset, onRun, trans } = props;
  const { typed, problems } = parameters;
  const fields = useRef<HTMLFormElement>(null);
  const focus = (name: string): void => {
    const wanted = fields.current?.elements.namedItem(name);
    (wanted instanceof HTMLElement ? wanted : null)?.focus();
  };
  return (
    <form
      ref={fields}
      noValidate
      onSubmit={event => {
        event.preventDefault();
        void onRun().then(wrong => (wrong === null ? undefined : focus(wrong)));
      }}
    >
      {form.parameters.map(parameter => (
        <Field
          key={parameter.name}
          parameter={parameter}
          typed={typed.get(parameter.name)}
          problem={problems.get(parameter.name)}
          onType={text => onType(parameter.name, text)}
          onLeave={() => onLeave(parameter.name)}
          trans={trans}
        />
      ))}
      <div className="cellmill-Buttons">
        <button type="submit" className="cellmill-Button cellmill-mod-primary" disabled={disabled}>
          {trans.__('Run')}
        </button>
        {typed.size === 0 ? null : (
          <button type="button" className="cellmill-Button" onClick={onReset}>
            {trans.__('All defaults')}
          </button>
        )}
      </div>
    </form>
  );
}
