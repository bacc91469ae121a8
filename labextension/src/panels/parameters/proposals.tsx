/** Values worth turning, the best first, to be made parameters; and the sweeps that there have been. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { ParameterForm, WireProposal, WireSweep } from '../../wire/generated';
import { Age } from '../frame/age';
import { Breakable } from '../frame/breakable';
import { Part } from '../frame/part';

export interface IProposalsProps {
  readonly form: ParameterForm;
  readonly picked: ReadonlySet<string>;
  readonly disabled: boolean;
  readonly onPick: (name: string, wanted: boolean) => void;
  readonly onMake: () => void;
  readonly onUndo: () => void;
  readonly onReveal: (cell: string) => void;
  readonly trans: TranslationBundle;
}

export function Proposals(props: IProposalsProps): React.JSX.Element {
  const { form, picked, disabled, trans } = props;
  const { proposals, more_proposals, undoable } = form;
  return (
    <Part title={trans.__('Values worth turning')} count={proposals.length + more_proposals}>
      {proposals.length === 0 ? (
        <p className="cellmill-Words cellmill-Quiet">
          {trans.__('No other value flows into a training, a file or a result.')}
        </p>
      ) : (
        <ul className="cellmill-List" aria-label={trans.__('Values worth turning')}>
          {proposals.map(one => (
            <Proposal key={one.name} one={one} {...props} />
          ))}
        </ul>
      )}
      {more_proposals === 0 ? null : (
        <p className="cellmill-Words cellmill-Quiet">
          {trans.__(
            'And %1 more: cellmill params NOTEBOOK --limit %2 lists them all.',
            more_proposals,
            proposals.length + more_proposals
          )}
        </p>
      )}
      <div className="cellmill-Buttons">
        {proposals.length === 0 ? null : (
          <button
            type="button"
            className="cellmill-Button"
            disabled={disabled || picked.size === 0}
            title={trans.__(
              'The notebook is run twice, with and without, and must give the same results'
            )}
            onClick={props.onMake}
          >
            {trans.__('Make these parameters')}
          </button>
        )}
        {undoable.length === 0 ? null : (
          <button
            type="button"
            className="cellmill-Button"
            disabled={disabled}
            title={trans.__('The file becomes again what it was, byte for byte')}
            onClick={props.onUndo}
          >
            {trans.__('Take back %1', undoable.join(', '))}
          </button>
        )}
      </div>
    </Part>
  );
}

function Proposal(props: IProposalsProps & { readonly one: WireProposal }): React.JSX.Element {
  const { one, picked, disabled, onPick, onReveal, trans } = props;
  return (
    <li className="cellmill-Proposal">
      <label>
        <input
          type="checkbox"
          checked={picked.has(one.name)}
          disabled={disabled}
          onChange={event => onPick(one.name, event.target.checked)}
        />
        <span className="cellmill-Proposal-name">
          <Breakable name={one.name} />
        </span>
        <code title={one.default}>{one.default}</code>
      </label>
      <button
        type="button"
        className="cellmill-Link"
        title={one.written}
        onClick={() => onReveal(one.cell)}
      >
        {trans.__('cell %1', one.number)}
      </button>
    </li>
  );
}

export function Sweeps(props: {
  readonly sweeps: readonly WireSweep[];
  readonly nowMs: number;
  readonly onPicture: (sweep: WireSweep) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { sweeps, nowMs, onPicture, trans } = props;
  return (
    <Part title={trans.__('Sweeps')} count={sweeps.length}>
      <ul className="cellmill-List" aria-label={trans.__('Sweeps')}>
        {sweeps.map(one => (
          <li key={one.sweep} className="cellmill-Sweep">
            <button
              type="button"
              className="cellmill-Link"
              title={trans.__('Show as parallel coordinates')}
              onClick={() => onPicture(one)}
            >
              {trans.__('%1 over %2', one.metric, one.axes.join(', '))}
            </button>
            <span className="cellmill-Quiet">
              {one.best === null
                ? trans.__('%1 of %2 trials', one.trials, one.size)
                : trans.__('%1 of %2 trials, best %3', one.trials, one.size, one.best)}
            </span>
            <Age sinceMs={one.started_ms} nowMs={nowMs} trans={trans} />
          </li>
        ))}
      </ul>
    </Part>
  );
}
