/** One parameter to be filled in: what it takes and what it is for, and below it what is wrong. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useId } from 'react';

import type { WireField } from '../../wire/generated';
import { Breakable } from '../frame/breakable';

/** As long as this a default is text for several lines. */
const LONG = 60;

export interface IFieldProps {
  readonly parameter: WireField;
  /** What was typed, `undefined` where it is as the notebook has it. */
  readonly typed: string | undefined;
  readonly problem: string | undefined;
  readonly onType: (text: string) => void;
  readonly onLeave: () => void;
  readonly trans: TranslationBundle;
}

export function Field(props: IFieldProps): React.JSX.Element {
  const { parameter, typed, problem, onType, trans } = props;
  const id = useId();
  // Where one can only choose among what it takes, that need not be said.
  const isSaid = parameter.field === 'boolean' || parameter.field === 'choice';
  return (
    <div className="cellmill-Field" data-name={parameter.name}>
      <label htmlFor={id}>
        <Breakable name={parameter.name} />
      </label>
      <Input {...props} id={id} />
      <div className="cellmill-Field-foot">
        <span id={`${id}-hint`}>
          {[isSaid ? '' : parameter.takes, parameter.help ?? '']
            .filter(words => words !== '')
            .join(' · ')}
        </span>
        {typed === undefined ? null : (
          <button
            type="button"
            className="cellmill-Link"
            aria-label={trans.__('Back to the default of %1', parameter.name)}
            onClick={() => onType(parameter.default)}
          >
            {parameter.default === '' || parameter.is_secret
              ? trans.__('back to the default')
              : trans.__('back to %1', short(parameter.default))}
          </button>
        )}
      </div>
      {problem === undefined ? null : (
        <p id={`${id}-problem`} className="cellmill-Field-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function Input(props: IFieldProps & { readonly id: string }): React.JSX.Element {
  const { parameter, typed, problem, onType, onLeave, id } = props;
  const text = typed ?? parameter.default;
  const shared = {
    id,
    name: parameter.name,
    'aria-invalid': problem !== undefined,
    'aria-describedby': `${id}-hint ${id}-problem`,
    onBlur: onLeave
  };
  if (parameter.field === 'boolean') {
    return (
      <input
        {...shared}
        type="checkbox"
        checked={text.toLowerCase() === 'true'}
        onChange={event => onType(String(event.target.checked))}
      />
    );
  }
  if (parameter.field === 'choice') {
    return (
      <select {...shared} value={text} onChange={event => onType(event.target.value)}>
        {parameter.choices.map(choice => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  if (parameter.field === 'list' || text.includes('\n') || parameter.default.length > LONG) {
    return (
      <textarea
        {...shared}
        className="jp-mod-styled"
        rows={Math.min(6, Math.max(2, text.split('\n').length))}
        spellCheck={false}
        value={text}
        onChange={event => onType(event.target.value)}
      />
    );
  }
  return (
    <input
      {...shared}
      {...kindOf(parameter)}
      className="jp-mod-styled"
      value={parameter.is_secret && typed === undefined ? '' : text}
      spellCheck={false}
      autoComplete="off"
      onChange={event => onType(event.target.value)}
    />
  );
}

/** What the browser can do for a kind of value; whether it fits, the server says. */
function kindOf({
  field,
  minimum,
  maximum,
  is_secret,
  ...one
}: WireField): React.InputHTMLAttributes<HTMLInputElement> {
  if (is_secret) {
    return { type: 'password', placeholder: '…' };
  }
  if (field === 'integer') {
    return { type: 'number', step: 1, min: minimum ?? undefined, max: maximum ?? undefined };
  }
  if (field === 'number') {
    return { type: 'text', inputMode: 'decimal' };
  }
  const isDay = field === 'date' && /^\d{4}-\d\d-\d\d$/.test(one.default);
  return { type: isDay ? 'date' : 'text' };
}

function short(text: string): string {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}
