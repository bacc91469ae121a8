/** The run that the form began: how far it is, and how it ended. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { WireActivity } from '../../wire/generated';
import { durationWords } from '../frame/age';
import { Problem } from '../frame/notices';
import { Standing } from '../frame/standing';

export interface IActivityProps {
  readonly activity: WireActivity | null;
  /** An answer is awaited. */
  readonly asking: boolean;
  readonly onCancel: () => void;
  readonly onOpen: (notebook: string) => void;
  readonly trans: TranslationBundle;
}

export function Activity(props: IActivityProps): React.JSX.Element {
  const { activity, trans } = props;
  return (
    <div className="cellmill-Activity">
      <Standing
        words={activity === null ? null : activityWords(activity, trans)}
        isRunning={activity?.stage === 'running'}
        done={activity?.done}
        of={activity?.of}
        trans={trans}
      />
      {activity === null ? null : <More {...props} activity={activity} />}
    </div>
  );
}

function More(props: IActivityProps & { readonly activity: WireActivity }): React.JSX.Element {
  const { activity, asking, onCancel, onOpen, trans } = props;
  const { output } = activity;
  const isRunning = activity.stage === 'running';
  return (
    <>
      <Problem words={activity.message} />
      {activity.notes.map(note => (
        <p key={note} className="cellmill-Quiet">
          {note}
        </p>
      ))}
      <div className="cellmill-Buttons">
        {isRunning ? (
          <button
            type="button"
            className="cellmill-Button"
            disabled={asking || activity.is_cancelled}
            onClick={onCancel}
          >
            {trans.__('Cancel')}
          </button>
        ) : null}
        {output === null ? null : (
          <button type="button" className="cellmill-Button" onClick={() => onOpen(output)}>
            {trans.__('Open executed notebook')}
          </button>
        )}
      </div>
    </>
  );
}

/** Return how it stands, in words. */
export function activityWords(activity: WireActivity, trans: TranslationBundle): string {
  const { kind, stage, done, of, number, started_ms, ended_ms } = activity;
  const took = durationWords((ended_ms ?? started_ms) - started_ms, trans);
  switch (stage) {
    case 'running':
      if (activity.is_cancelled) {
        return trans.__('Cancelling…');
      }
      if (kind === 'pick') {
        return trans.__('Is the notebook the same with them? It is run twice, and compared…');
      }
      if (of === 0) {
        return trans.__('Starting a kernel…');
      }
      if (done === of) {
        return trans.__('All cells ran. Recording…');
      }
      return number === null
        ? trans.__('%1 of %2 cells', done, of)
        : trans.__('%1 of %2 cells, last [%3]', done, of, number);
    case 'ended':
      return kind === 'pick'
        ? trans.__('They are parameters now: the results are the same.')
        : trans.__('Ran to its end in %1.', took);
    case 'failed':
      return kind === 'pick'
        ? trans.__('Nothing was changed.')
        : trans.__('Failed after %1.', took);
    case 'cancelled':
      return trans.__('Cancelled.');
  }
}
