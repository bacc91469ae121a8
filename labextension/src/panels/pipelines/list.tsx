/** The pipelines of the project, each with how it stands. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon, errorIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { IPipelines } from '../../state/pipelines';
import type { PipelineList, WirePipelineSummary } from '../../wire/generated';
import { Age } from '../frame/age';
import { moveByArrows } from '../frame/arrows';
import { Breakable } from '../frame/breakable';
import { Fetched } from '../frame/fetched';
import { pipelineIcon } from '../frame/icons';
import { Empty, Spinner } from '../frame/notices';
import { summaryWords } from './words';

export interface IPipelinesListProps {
  readonly pipelines: IPipelines;
  readonly nowMs: number;
  readonly onOpen: (folder: string) => void;
  /** Split the current notebook, `null` where there is none. */
  readonly onSplit: (() => void) | null;
  readonly onRetry: () => void;
  readonly trans: TranslationBundle;
}

export function PipelinesList(props: IPipelinesListProps): React.JSX.Element {
  const { pipelines, trans } = props;
  return (
    <div className="cellmill-Pipelines" aria-busy={pipelines.list.loading}>
      <Fetched fetched={pipelines.list} onRetry={props.onRetry} trans={trans}>
        {list =>
          list.pipelines.length === 0 ? <None {...props} /> : <Rows {...props} list={list} />
        }
      </Fetched>
    </div>
  );
}

function Rows(props: IPipelinesListProps & { readonly list: PipelineList }): React.JSX.Element {
  const { list, trans } = props;
  return (
    <ul
      role="list"
      className="cellmill-List"
      aria-label={trans.__('Pipelines')}
      onKeyDown={moveByArrows}
    >
      {list.pipelines.map((one, index) => (
        <li key={one.folder}>
          <Row {...props} one={one} tabStop={index === 0} />
        </li>
      ))}
    </ul>
  );
}

function None({ onSplit, trans }: IPipelinesListProps): React.JSX.Element {
  return (
    <>
      <Empty
        title={trans.__('No pipeline yet.')}
        next={trans.__(
          'Split this notebook into steps, or make one of several with cellmill pipeline new.'
        )}
      />
      {onSplit === null ? null : (
        <div className="cellmill-Buttons cellmill-mod-middle">
          <button type="button" className="cellmill-Button" onClick={onSplit}>
            {trans.__('Split this notebook…')}
          </button>
        </div>
      )}
    </>
  );
}

function Row(
  props: IPipelinesListProps & { readonly one: WirePipelineSummary; readonly tabStop: boolean }
): React.JSX.Element {
  const { one, tabStop, nowMs, onOpen, trans } = props;
  return (
    <button
      type="button"
      className="cellmill-Row"
      data-cellmill-stop
      tabIndex={tabStop ? 0 : -1}
      title={one.folder}
      onClick={() => onOpen(one.folder)}
    >
      <span className="cellmill-Row-head">
        <span className="cellmill-Status" data-status={statusOf(one)} aria-hidden="true">
          {picture(one)}
        </span>
        <span className="cellmill-Row-title">
          <Breakable name={one.name} />
        </span>
        {one.ran_ms === null ? null : <Age sinceMs={one.ran_ms} nowMs={nowMs} trans={trans} />}
      </span>
      <span className="cellmill-Row-facts">{summaryWords(one, trans)}</span>
    </button>
  );
}

function statusOf(one: WirePipelineSummary): string {
  if (one.problem !== null || one.failed > 0) {
    return 'failed';
  }
  return one.to_run === 0 ? 'finished' : 'waiting';
}

function picture(one: WirePipelineSummary): React.JSX.Element {
  if (one.stage === 'running') {
    return <Spinner />;
  }
  switch (statusOf(one)) {
    case 'failed':
      return <errorIcon.react tag="span" />;
    case 'finished':
      return <checkIcon.react tag="span" />;
    default:
      return <pipelineIcon.react tag="span" />;
  }
}
