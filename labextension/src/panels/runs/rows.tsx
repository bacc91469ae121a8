/** The entries of the list: runs, searches with their trials, and batches. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useLayoutEffect, useRef, useState } from 'react';

import type { IRuns } from '../../state/runs';
import type { RunSummary } from '../../wire/generated';
import { foldByArrows, moveByArrows, stopAfter } from '../frame/arrows';
import { BatchRow } from './batch';
import { amongItself, inBatches, isBatch, type IBatch, type Listed } from './batches';
import { RunRow } from './row';
import { Trials } from './trials';
import { trialsWords } from './words';

export interface IRowsProps {
  readonly runs: IRuns;
  /** Those of them that answer to the filter; at least one. */
  readonly found: readonly RunSummary[];
  readonly nowMs: number;
  readonly onOpen: (run: string) => void;
  readonly onExpand: (run: string, wanted: boolean) => void;
  readonly onDelete: (run: string) => void;
  readonly onRetry: () => void;
  readonly trans: TranslationBundle;
}

type IEntryProps = IRowsProps & { readonly tabStop: string | null };

export function Rows(props: IRowsProps): React.JSX.Element {
  const { runs, found, trans } = props;
  const list = useRef<HTMLUListElement>(null);
  const [stop, setStop] = useState<string | null>(null);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
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
  const listed = inBatches(found);
  const stops = listed.flatMap(entry => stopsOf(entry, runs, unfolded));
  useKeptFocus(list, stops);
  const tabStop = stop !== null && stops.includes(stop) ? stop : stops[0];
  const fold = (key: string, wanted: boolean): void => {
    setUnfolded(before => new Set(wanted ? [...before, key] : [...before].filter(k => k !== key)));
  };
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
      {listed.map(entry =>
        isBatch(entry) ? (
          <BatchEntry
            key={entry.key}
            {...props}
            batch={entry}
            isUnfolded={unfolded.has(entry.key)}
            onFold={wanted => fold(entry.key, wanted)}
            tabStop={tabStop}
          />
        ) : (
          <Entry key={entry.run} {...props} run={entry} tabStop={tabStop} />
        )
      )}
    </ul>
  );
}

/** Where the entry that has the focus goes, deleted for instance, its neighbour gets it: else it is nowhere. */
function useKeptFocus(list: React.RefObject<HTMLElement>, stops: readonly string[]): void {
  const { activeElement } = document;
  const focused =
    activeElement instanceof HTMLElement && list.current?.contains(activeElement) === true
      ? activeElement.dataset.cellmillStop
      : undefined; // as it is before the list is drawn anew
  const before = useRef(stops);
  useLayoutEffect(() => {
    if (focused !== undefined && !stops.includes(focused)) {
      const next = stopAfter(focused, before.current, stops);
      if (next !== null) {
        list.current
          ?.querySelector<HTMLElement>(`[data-cellmill-stop="${CSS.escape(next)}"]`)
          ?.focus();
      }
    }
    before.current = stops;
  });
}

/** Many runs of one execution: what they have in common, and below it on demand each of them. */
function BatchEntry(
  props: IEntryProps & {
    readonly batch: IBatch;
    readonly isUnfolded: boolean;
    readonly onFold: (wanted: boolean) => void;
  }
): React.JSX.Element {
  const { batch, isUnfolded, onFold, runs, tabStop, trans } = props;
  const item = useRef<HTMLLIElement>(null);
  return (
    <li
      ref={item}
      className="cellmill-mod-batch"
      onKeyDown={event => {
        if (foldByArrows(event, isUnfolded, onFold)) {
          item.current?.querySelector<HTMLElement>('.cellmill-Row')?.focus();
        }
      }}
    >
      <BatchRow
        batch={batch}
        stop={batch.key}
        metricsPerRow={runs.metricsPerRow}
        nowMs={props.nowMs}
        isUnfolded={isUnfolded}
        tabStop={batch.key === tabStop}
        onFold={onFold}
        trans={trans}
      />
      {isUnfolded ? (
        <ul
          role="list"
          className="cellmill-List cellmill-Batch"
          aria-label={trans.__('Runs of one execution')}
        >
          {amongItself(batch).map(run => (
            <Entry key={run.run} {...props} run={run} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

/** A run, and below a search the button that shows its trials. */
function Entry(props: IEntryProps & { readonly run: RunSummary }): React.JSX.Element {
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
        if (foldByArrows(event, isExpanded, wanted => onExpand(run.run, wanted))) {
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

/** Everything of an entry that the keyboard can stand on. */
function stopsOf(entry: Listed, runs: IRuns, unfolded: ReadonlySet<string>): string[] {
  if (isBatch(entry)) {
    const inside = unfolded.has(entry.key) ? entry.runs : [];
    return [entry.key, ...inside.flatMap(run => stopsOf(run, runs, unfolded))];
  }
  if (entry.trials === 0) {
    return [entry.run];
  }
  const trials = runs.expanded.has(entry.run) ? runs.trials.get(entry.run)?.value?.trials : [];
  return [entry.run, trialsStop(entry), ...(trials ?? []).map(trial => trial.run)];
}
