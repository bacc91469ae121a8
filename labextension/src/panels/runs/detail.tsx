/** One run, whole. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { IMark } from '../../state/cells';
import type { IFetched } from '../../state/latest';
import type { IRuns } from '../../state/runs';
import type {
  RunDetail,
  RunList,
  RunSummary,
  TrialList,
  WireFigure,
  WireTracked
} from '../../wire/generated';
import { Age } from '../frame/age';
import { moveByArrows } from '../frame/arrows';
import { Breakable } from '../frame/breakable';
import { Cover } from '../frame/cover';
import { Part } from '../frame/part';
import { Cells } from './cells';
import { DataSets } from './data';
import { Environment } from './environment';
import { Figures } from './figures';
import { Files } from './files';
import { Identity } from './identity';
import { Replay } from './replay';
import { Sources } from './sources';
import { Status } from './status';
import { Metrics, Parameters } from './tables';
import { Trials } from './trials';
import { WentInto } from './went';
import {
  kindWords,
  pageOf,
  sentence,
  shortClass,
  statusWords,
  trackerWords,
  whyNotRegistered,
  whyNotReplayed
} from './words';

export interface IRunDetailProps {
  readonly detail: IRuns['detail'];
  readonly opened: string | null;
  /** Of the run that is shown, when it is a search. */
  readonly trials: IFetched<TrialList> | undefined;
  readonly metricsPerRow: number;
  readonly marks: ReadonlyMap<string, IMark>;
  readonly gone: ReadonlySet<string>;
  /** The runs that the chosen cell went into, `null` where none is chosen. */
  readonly wentInto: readonly RunSummary[] | null;
  /** Among which they were looked for. */
  readonly list: RunList | null;
  readonly nowMs: number;
  readonly onBack: () => void;
  readonly onRetry: () => void;
  readonly onOpen: (run: string) => void;
  readonly onRegister: (run: string) => void;
  readonly onDelete: (run: string) => void;
  readonly onReplay: (run: string) => void;
  readonly onCancelReplay: (run: string) => void;
  readonly onRecipe: (run: string) => void;
  readonly figureAddress: (run: string, sha256: string) => string;
  readonly onFigure: (run: string, figure: WireFigure) => void;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}

export function RunDetailView(props: IRunDetailProps): React.JSX.Element {
  const { detail, opened, onBack, onRetry, trans } = props;
  return (
    <Cover
      label={trans.__('Run details')}
      back={trans.__('Back to runs')}
      onBack={onBack}
      about={opened}
      foot={
        <WentInto runs={props.wentInto} list={props.list} onOpen={props.onOpen} trans={trans} />
      }
      fetched={detail}
      onRetry={onRetry}
      trans={trans}
    >
      {value => <Whole {...props} run={value} />}
    </Cover>
  );
}

function Whole(props: IRunDetailProps & { readonly run: RunDetail }): React.JSX.Element {
  const { run, onCopy, onReveal, trans } = props;
  return (
    <>
      <Heading {...props} />
      <Notes run={run} trans={trans} />
      {run.kind === 'trial' ? null : (
        <Part title={trans.__('Replay')}>
          <Replay run={run} nowMs={props.nowMs} onReveal={onReveal} trans={trans} />
        </Part>
      )}
      <Part title={trans.__('Metrics')} count={run.metrics.length}>
        <Metrics run={run} trans={trans} />
      </Part>
      {run.trials === 0 ? null : <TrialsPart {...props} />}
      {run.figures.length === 0 ? null : (
        <Part title={trans.__('Figures')} count={run.figures.length}>
          <Figures
            figures={run.figures}
            addressOf={figure => props.figureAddress(run.run, figure.sha256)}
            onOpen={figure => props.onFigure(run.run, figure)}
            trans={trans}
          />
        </Part>
      )}
      <Part title={trans.__('Parameters')} count={run.parameters.length}>
        <Parameters parameters={run.parameters} trans={trans} />
      </Part>
      <Part title={trans.__('Data')} count={run.data.length}>
        <DataSets data={run.data} onCopy={onCopy} trans={trans} />
      </Part>
      <Part title={trans.__('Where the data came from')} count={run.sources.length}>
        <Sources sources={run.sources} onCopy={onCopy} trans={trans} />
      </Part>
      <Part title={trans.__('Cells')} count={run.executions.length}>
        <Cells run={run} marks={props.marks} gone={props.gone} onReveal={onReveal} trans={trans} />
      </Part>
      <Part title={trans.__('Files')} count={run.files.length + run.more_files} folded>
        <Files files={run.files} more={run.more_files} onCopy={onCopy} trans={trans} />
      </Part>
      {run.environment === null ? null : (
        <Part title={trans.__('Environment')} folded>
          <Environment environment={run.environment} onCopy={onCopy} trans={trans} />
        </Part>
      )}
      <Part title={trans.__('Identity')} folded>
        <Identity run={run} onCopy={onCopy} trans={trans} />
      </Part>
    </>
  );
}

function TrialsPart(props: IRunDetailProps & { readonly run: RunDetail }): React.JSX.Element {
  const { run, trials, trans } = props;
  return (
    <Part title={trans.__('Trials')} count={run.trials}>
      <div onKeyDown={moveByArrows}>
        <Trials
          fetched={trials}
          metricsPerRow={props.metricsPerRow}
          onOpen={props.onOpen}
          onRetry={props.onRetry}
          tabStop={trials?.value?.trials.at(0)?.run ?? null}
          trans={trans}
        />
      </div>
    </Part>
  );
}

function Heading(props: IRunDetailProps & { readonly run: RunDetail }): React.JSX.Element {
  const { run, nowMs, onOpen, onRegister, onDelete, trans } = props;
  const { parent } = run;
  const whyNot = whyNotRegistered(run, trans);
  const kind = kindWords(run.kind, trans);
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
        {kind === null ? null : <span className="cellmill-Chip">{kind}</span>}
      </p>
      {parent === null ? null : (
        <button type="button" className="cellmill-Link" onClick={() => onOpen(parent)}>
          {trans.__('Show its search')}
        </button>
      )}
      <div className="cellmill-Detail-buttons">
        <button
          type="button"
          className="cellmill-Button cellmill-mod-primary"
          disabled={whyNot !== null}
          title={whyNot ?? trans.__('Make a model version of this run')}
          onClick={() => onRegister(run.run)}
        >
          {trans.__('Register…')}
        </button>
        {run.kind === 'trial' ? null : <ReplayButtons {...props} />}
        <button
          type="button"
          className="cellmill-Button"
          title={trans.__('Delete this run; you are asked first')}
          onClick={() => onDelete(run.run)}
        >
          {trans.__('Delete run…')}
        </button>
      </div>
      {/* A disabled button shows no tooltip to the keyboard, so the reason stands in the open. */}
      {whyNot === null ? null : <p className="cellmill-Quiet">{whyNot}</p>}
    </header>
  );
}

/** One button begins a replay and gives it up: the keyboard stays where it is. */
function ReplayButtons(props: IRunDetailProps & { readonly run: RunDetail }): React.JSX.Element {
  const { run, onReplay, onCancelReplay, onRecipe, trans } = props;
  const whyNot = whyNotReplayed(run, trans);
  return (
    <>
      <button
        type="button"
        className="cellmill-Button"
        disabled={whyNot !== null}
        title={
          whyNot ??
          trans.__('Make this run again from a clean kernel, and compare it with the record')
        }
        onClick={() => (run.replaying ? onCancelReplay : onReplay)(run.run)}
      >
        {run.replaying ? trans.__('Cancel replay') : trans.__('Replay')}
      </button>
      <button
        type="button"
        className="cellmill-Button"
        title={trans.__('Write the smallest notebook that makes this run again, and open it')}
        onClick={() => onRecipe(run.run)}
      >
        {trans.__('Open recipe')}
      </button>
    </>
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
          {sentence(run.model_note)}
        </div>
      ) : null}
      {run.tracked.length === 0 ? null : (
        <div className="cellmill-Note" role="note">
          {run.tracked.map(other => (
            <span key={`${other.system} ${other.id}`}>
              {trans.__('Also tracked by %1:', trackerWords(other.system))}{' '}
              <TrackedRun other={other} />
            </span>
          ))}
        </div>
      )}
    </>
  );
}

function TrackedRun(props: { readonly other: WireTracked }): React.JSX.Element {
  const { other } = props;
  const page = pageOf(other);
  return page === null ? (
    <code>{other.id}</code>
  ) : (
    <a href={page} target="_blank" rel="noopener noreferrer">
      {other.id}
    </a>
  );
}
