/** The runs, newest first, with what limits them. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef, useState } from 'react';

import type { IRuns, Scope } from '../../state/runs';
import type { RunSummary } from '../../wire/generated';
import { moveByArrows } from '../frame/arrows';
import { Empty, Loading, TroubleNotice } from '../frame/notices';
import { RunRow } from './row';
import { Trials } from './trials';
import { WentInto } from './went';
import { answersTo, trialsWords } from './words';

export interface IRunsListProps {
  readonly runs: IRuns;
  /** The runs that the chosen cell went into, `null` where none is chosen. */
  readonly wentInto: readonly RunSummary[] | null;
  readonly nowMs: number;
  readonly onScope: (scope: Scope) => void;
  readonly onOpen: (run: string) => void;
  readonly onExpand: (run: string, wanted: boolean) => void;
  readonly onDelete: (run: string) => void;
  readonly onRetry: () => void;
  readonly trans: TranslationBundle;
}

export function RunsList(props: IRunsListProps): React.JSX.Element {
  const { runs, trans } = props;
  const [typed, setTyped] = useState('');
  const all = runs.list.value?.runs ?? [];
  const found = all.filter(run => answersTo(run, typed));
  return (
    <div className="cellmill-Runs" aria-busy={runs.list.loading}>
      <div className="cellmill-Controls">
        <ScopeChoice scope={runs.scope} onScope={props.onScope} trans={trans} />
        <input
          type="search"
          className="cellmill-Filter"
          placeholder={trans.__('Filter')}
          aria-label={trans.__('Filter runs')}
          value={typed}
          disabled={all.length === 0}
          onChange={event => setTyped(event.target.value)}
        />
      </div>
      {runs.list.trouble === null ? null : (
        <TroubleNotice trouble={runs.list.trouble} onRetry={props.onRetry} trans={trans} />
      )}
      {all.length === 0 ? (
        <NoRuns runs={runs} trans={trans} />
      ) : found.length === 0 ? (
        <Empty
          title={trans.__('No run matches “%1”.', typed)}
          next={trans.__('The filter looks at model, status, metric names and notebook.')}
        />
      ) : (
        <Rows {...props} found={found} />
      )}
      <Rest shown={all.length} total={runs.list.value?.total ?? 0} trans={trans} />
      {all.length === 0 ? null : (
        <WentInto runs={props.wentInto} onOpen={props.onOpen} trans={trans} />
      )}
    </div>
  );
}

function Rows(
  props: IRunsListProps & { readonly found: readonly RunSummary[] }
): React.JSX.Element {
  const { runs, found, trans } = props;
  const list = useRef<HTMLUListElement>(null);
  const [stop, setStop] = useState<string | null>(null);
  const opened = useRef(runs.opened);
  useEffect(() => {
    // Back from the details: the keyboard goes on where it was.
    if (opened.current !== null && runs.opened === null) {
      list.current
        ?.querySelector<HTMLElement>(`[data-run="${CSS.escape(opened.current)}"]`)
        ?.focus();
    }
    opened.current = runs.opened;
  }, [runs.opened]);
  const tabStop = stop !== null && stopsOf(runs, found).includes(stop) ? stop : found[0].run;
  return (
    // The role is written out because Safari forgets it for lists without bullets.
    <ul
      ref={list}
      role="list"
      aria-label={trans.__('Runs')}
      className="cellmill-List"
      onKeyDown={event => {
        const { run } = (event.target as HTMLElement).dataset;
        if (event.key === 'Delete' && run !== undefined) {
          event.preventDefault();
          props.onDelete(run);
        } else {
          moveByArrows(event);
        }
      }}
      onFocus={event => setStop(event.target.dataset.cellmillStop ?? null)}
    >
      {found.map(run => (
        <Entry key={run.run} {...props} run={run} tabStop={tabStop} />
      ))}
    </ul>
  );
}

/** A run, and below a search the button that shows its trials. */
function Entry(
  props: IRunsListProps & { readonly run: RunSummary; readonly tabStop: string | null }
): React.JSX.Element {
  const { runs, run, tabStop, onExpand, trans } = props;
  const item = useRef<HTMLLIElement>(null);
  const isExpanded = runs.expanded.has(run.run);
  const row = (
    <RunRow
      run={run}
      metricsPerRow={runs.metricsPerRow}
      showNotebook={runs.scope === 'all'}
      nowMs={props.nowMs}
      tabStop={run.run === tabStop}
      onOpen={props.onOpen}
      trans={trans}
    />
  );
  if (run.trials === 0) {
    return <li>{row}</li>;
  }
  return (
    <li
      ref={item}
      className="cellmill-mod-search"
      onKeyDown={event => {
        // As in a tree: right opens, left closes and goes back to the search.
        const wanted = event.key === 'ArrowRight';
        if ((wanted || event.key === 'ArrowLeft') && wanted !== isExpanded) {
          event.preventDefault();
          event.stopPropagation();
          onExpand(run.run, wanted);
          item.current?.querySelector<HTMLElement>('.cellmill-Row')?.focus();
        }
      }}
    >
      {row}
      <button
        type="button"
        className="cellmill-TrialsToggle"
        data-cellmill-stop={trialsStop(run)}
        tabIndex={trialsStop(run) === tabStop ? 0 : -1}
        aria-expanded={isExpanded}
        onClick={() => onExpand(run.run, !isExpanded)}
      >
        <caretDownIcon.react tag="span" className="cellmill-Part-caret" />
        {trialsWords(run.trials, trans)}
      </button>
      {isExpanded ? (
        <Trials
          fetched={runs.trials.get(run.run)}
          metricsPerRow={runs.metricsPerRow}
          onOpen={props.onOpen}
          onRetry={props.onRetry}
          tabStop={tabStop}
          trans={trans}
        />
      ) : null}
    </li>
  );
}

function trialsStop(run: RunSummary): string {
  return `${run.run} trials`;
}

/** Everything in the list that the keyboard can stand on. */
function stopsOf(runs: IRuns, found: readonly RunSummary[]): string[] {
  return found.flatMap(run =>
    run.trials === 0
      ? [run.run]
      : [
          run.run,
          trialsStop(run),
          ...(runs.expanded.has(run.run)
            ? (runs.trials.get(run.run)?.value?.trials ?? []).map(trial => trial.run)
            : [])
        ]
  );
}

function NoRuns(props: {
  readonly runs: IRuns;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { runs, trans } = props;
  if (runs.scope === 'notebook' && runs.notebook === null) {
    return (
      <Empty
        title={trans.__('No notebook is open.')}
        next={trans.__('Open one to see its runs, or choose All.')}
      />
    );
  }
  if (runs.list.value === null) {
    return runs.list.trouble === null ? <Loading trans={trans} /> : null;
  }
  return (
    <Empty
      title={trans.__('No runs yet.')}
      next={trans.__('Run a cell that fits a model. Nothing to import, no cell to change.')}
    />
  );
}

function ScopeChoice(props: {
  readonly scope: Scope;
  readonly onScope: (scope: Scope) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { scope, onScope, trans } = props;
  const choices: readonly (readonly [Scope, string])[] = [
    ['notebook', trans.__('This notebook')],
    ['all', trans.__('All')]
  ];
  return (
    <div className="cellmill-Choice" role="group" aria-label={trans.__('Which runs')}>
      {choices.map(([choice, label]) => (
        <button
          key={choice}
          type="button"
          aria-pressed={choice === scope}
          onClick={() => onScope(choice)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function Rest(props: {
  readonly shown: number;
  readonly total: number;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { shown, total, trans } = props;
  return shown < total ? (
    <p className="cellmill-Rest">{trans.__('The newest %1 of %2 runs.', shown, total)}</p>
  ) : null;
}
