/** What a replay found, as a badge: a sign for the eye, and words for everybody. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { RunSummary, WireVerdict } from '../../wire/generated';
import { Spinner } from '../frame/notices';
import { warningIcon } from '../frame/icons';
import { judgedWords, judgementWords, replayingWords } from './words';

type Judgement = WireVerdict['judgement'];

const SIGNS: Readonly<Record<Judgement, string>> = {
  exact: '✓',
  'within tolerance': '≈',
  differs: '≠',
  stochastic: '~',
  cannot: '–'
};

export function Badge(props: {
  readonly judgement: Judgement;
  readonly title?: string;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { judgement, title, trans } = props;
  return (
    <span className="cellmill-Badge" data-judgement={judgement} title={title}>
      <span aria-hidden="true">{SIGNS[judgement]}</span>
      {judgementWords(judgement, trans)}
    </span>
  );
}

/** How the replay of a run stands, in its row: under way, failed, or judged. */
export function ReplayBadge(props: {
  readonly run: RunSummary;
  readonly nowMs: number;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { run, nowMs, trans } = props;
  if (run.replaying) {
    return (
      <span className="cellmill-Replaying">
        {run.replay_waits ? null : <Spinner />}
        {replayingWords(run, trans)}
      </span>
    );
  }
  const failed =
    run.replay_problem === null ? null : (
      <span className="cellmill-Badge" data-judgement="failed" title={run.replay_problem}>
        <warningIcon.react tag="span" />
        {trans.__('replay failed')}
      </span>
    );
  if (failed !== null || run.judgement === null) {
    return failed;
  }
  return <Badge judgement={run.judgement} title={judgedWords(run, nowMs, trans)} trans={trans} />;
}
