/** The replay of a run: what it found, set beside the record. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { RunDetail, WireComparison, WireVerdict } from '../../wire/generated';
import { Age, durationWords } from '../frame/age';
import { Breakable } from '../frame/breakable';
import { Spinner } from '../frame/notices';
import { countWords } from '../frame/numbers';
import { Value } from '../frame/value';
import { Badge } from './badge';
import { differenceWords, figureKindWords, replayingWords, sentence } from './words';

export interface IReplayProps {
  readonly run: RunDetail;
  readonly nowMs: number;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly trans: TranslationBundle;
}

export function Replay(props: IReplayProps): React.JSX.Element {
  const { run, nowMs, trans } = props;
  const { verdict } = run;
  return (
    <div className="cellmill-Replay">
      {/* Always there: a screen reader hears only what changes inside. */}
      <div role="status">
        {run.replaying ? (
          <p className="cellmill-Replaying">
            {run.replay_waits ? null : <Spinner />}
            {replayingWords(run, trans)}
          </p>
        ) : verdict === null ? null : (
          <p className="cellmill-Replay-head">
            <Badge judgement={verdict.judgement} trans={trans} />
            <Age sinceMs={verdict.at_ms} nowMs={nowMs} trans={trans} />
          </p>
        )}
      </div>
      {run.replay_problem === null ? null : (
        <div className="cellmill-Note" data-tone="warning" role="note">
          <strong>{trans.__('The last replay ended without a verdict')}</strong>
          <span>{run.replay_problem}</span>
        </div>
      )}
      {verdict === null ? (
        run.replaying || run.replay_problem !== null ? null : (
          <p className="cellmill-Quiet">
            {trans.__(
              'Not replayed yet. A replay makes this run again from a clean kernel, in a folder of its own, and compares it with the record. Nothing of yours is changed.'
            )}
          </p>
        )
      ) : (
        <Found {...props} verdict={verdict} />
      )}
    </div>
  );
}

function Found(props: IReplayProps & { readonly verdict: WireVerdict }): React.JSX.Element {
  const { run, verdict, trans } = props;
  return (
    <>
      {verdict.reason === null ? null : (
        <p className="cellmill-Replay-reason">{sentence(verdict.reason)}</p>
      )}
      {verdict.parted === null ? null : <Parted {...props} number={verdict.parted} />}
      <Figures figures={verdict.figures} judgement={verdict.judgement} trans={trans} />
      {run.replaying ? null : <p className="cellmill-Quiet">{circumstances(verdict, trans)}</p>}
      {verdict.notes.length === 0 ? null : (
        <ul className="cellmill-Replay-notes" aria-label={trans.__('Notes')}>
          {verdict.notes.map(note => (
            <li key={note}>{sentence(note)}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Where it was first seen to differ, with the way there. */
function Parted(props: IReplayProps & { readonly number: number }): React.JSX.Element {
  const { run, number, onReveal, trans } = props;
  const { notebook } = run;
  const cell = run.executions.find(execution => execution.number === number)?.cell ?? null;
  const words = trans.__('First seen to differ in execution [%1]', number);
  return (
    <p>
      {cell === null || notebook === null ? (
        words
      ) : (
        <button type="button" className="cellmill-Link" onClick={() => onReveal(notebook, cell)}>
          {words}
        </button>
      )}
    </p>
  );
}

function Figures(props: {
  readonly figures: readonly WireComparison[];
  readonly judgement: WireVerdict['judgement'];
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { figures, judgement, trans } = props;
  if (figures.length === 0) {
    return null;
  }
  return (
    <table
      className="cellmill-Table cellmill-mod-compared"
      aria-label={trans.__('Recorded and replayed')}
    >
      <thead>
        <tr>
          <th scope="col">{trans.__('Figure')}</th>
          <th scope="col">{trans.__('Recorded')}</th>
          <th scope="col">
            {judgement === 'stochastic' ? trans.__('Replays') : trans.__('Replayed')}
          </th>
        </tr>
      </thead>
      <tbody>
        {figures.map(figure => (
          <tr key={`${figure.what} ${figure.name}`} title={differenceWords(figure, trans)}>
            <th scope="row">
              <Breakable name={figure.name} />
              <span className="cellmill-Replay-kind">{figureKindWords(figure.what, trans)}</span>
            </th>
            <Side value={figure.recorded} trans={trans} />
            <Side value={figure.replayed} trans={trans} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Side(props: {
  readonly value: string | null;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { value, trans } = props;
  return value === null ? (
    <td className="cellmill-Quiet">{trans.__('none')}</td>
  ) : (
    <Value text={value} trans={trans}>
      {value}
    </Value>
  );
}

/** On what, and out of how much. */
function circumstances(verdict: WireVerdict, trans: TranslationBundle): string {
  const parts = [
    verdict.compared === 0
      ? null
      : trans._n(
          '%2 figure compared',
          '%2 figures compared',
          verdict.compared,
          countWords(verdict.compared)
        ),
    verdict.executions === 0
      ? null
      : trans.__('%1 of %2 executions', countWords(verdict.executions), countWords(verdict.of)),
    verdict.replays > 1 ? trans.__('%1 replays', countWords(verdict.replays)) : null,
    durationWords(verdict.seconds * 1000, trans),
    trans.__('%1, Python %2', verdict.host, verdict.python),
    verdict.rebuilt ? trans.__('environment rebuilt from its lock') : null
  ];
  return parts.filter(part => part !== null).join(' · ');
}
