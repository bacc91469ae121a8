/** What the registration dialog asks, and what it shows before anything is recorded. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React, { useId, useState } from 'react';

import type { Trouble } from '../../api/trouble';
import type { RegistrationPreview } from '../../wire/generated';
import { advise } from '../advice';
import { Breakable } from '../frame/breakable';
import { Value } from '../frame/value';
import { shortClass } from '../runs/words';

/** As typed: an empty alias means none. */
export interface IRegistrationTyped {
  readonly name: string;
  readonly alias: string;
}

export interface IRegistrationQuestion {
  readonly preview: RegistrationPreview;
  readonly typed: IRegistrationTyped;
  /** Why the registry refused what was typed before. */
  readonly refused: Trouble | null;
}

/** The dialog's body. JupyterLab's Dialog asks it for its value. */
export class RegistrationBody extends ReactWidget {
  private typed: IRegistrationTyped;

  constructor(
    private readonly question: IRegistrationQuestion,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('cellmill-Registration');
    this.typed = question.typed;
  }

  getValue(): IRegistrationTyped {
    return { name: this.typed.name.trim(), alias: this.typed.alias.trim() };
  }

  protected render(): React.JSX.Element {
    return (
      <RegistrationForm
        {...this.question}
        onType={typed => {
          this.typed = typed;
        }}
        trans={this.trans}
      />
    );
  }
}

export function RegistrationForm(
  props: IRegistrationQuestion & {
    readonly onType: (typed: IRegistrationTyped) => void;
    readonly trans: TranslationBundle;
  }
): React.JSX.Element {
  const { preview, refused, onType, trans } = props;
  const [typed, setTyped] = useState(props.typed);
  const names = useId();
  const change = (part: Partial<IRegistrationTyped>): void => {
    const next = { ...typed, ...part };
    setTyped(next);
    onType(next);
  };
  const isNewVersion = preview.existing_names.includes(typed.name.trim());
  return (
    <>
      <p>{trans.__('%1, from run %2', shortClass(preview.model_class), preview.run)}</p>
      {refused === null ? null : <Refused refused={refused} trans={trans} />}
      <label>
        <span>{trans.__('Name')}</span>
        <input
          className="jp-mod-styled"
          list={names}
          value={typed.name}
          required
          maxLength={256}
          spellCheck={false}
          autoComplete="off"
          onChange={event => change({ name: event.target.value })}
        />
        <datalist id={names}>
          {preview.existing_names.map(name => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
      <p className="cellmill-Quiet" role="status">
        {isNewVersion
          ? trans.__('This adds a version to the model of that name.')
          : trans.__('This makes a new model, with its first version.')}
      </p>
      <label>
        <span>{trans.__('Alias (optional)')}</span>
        <input
          className="jp-mod-styled"
          value={typed.alias}
          placeholder={trans.__('for example: challenger')}
          maxLength={255}
          spellCheck={false}
          autoComplete="off"
          onChange={event => change({ alias: event.target.value })}
        />
      </label>
      <Recorded preview={preview} trans={trans} />
    </>
  );
}

function Recorded(props: {
  readonly preview: RegistrationPreview;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { preview, trans } = props;
  return (
    <>
      <h3>{trans.__('What will be recorded')}</h3>
      <div className="cellmill-Registration-recorded">
        <table className="cellmill-Table" aria-label={trans.__('What will be recorded')}>
          <tbody>
            {Object.entries(preview.tags).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">
                  <Breakable name={name} />
                </th>
                <Value text={value} trans={trans} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Refused(props: {
  readonly refused: Trouble;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { what, next } = advise(props.refused, props.trans);
  return (
    <div className="cellmill-Note" data-tone="error" role="alert">
      <strong>{what}</strong>
      <span>{next}</span>
    </div>
  );
}
