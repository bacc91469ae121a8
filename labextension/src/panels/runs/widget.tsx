/** The runs as JupyterLab widgets: the list, and the details that cover it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import {
  cellsGone,
  cellsNow,
  marksOf,
  runsOfChosen,
  type INotebookCells,
  type IMark,
  type NotebookCells
} from '../../state/cells';
import type { RunsState } from '../../state/runs';
import type { RunDetail, WireFigure } from '../../wire/generated';
import { useNow, useWatched } from '../frame/watch';
import { RunDetailView } from './detail';
import { RunsList } from './list';
import { WentInto } from './went';

const NONE_GONE: ReadonlySet<string> = new Set();

export interface IRunDoors {
  readonly onRegister: (run: string) => void;
  readonly onDelete: (run: string) => void;
  readonly onReplay: (run: string) => void;
  readonly onCancelReplay: (run: string) => void;
  readonly onRecipe: (run: string) => void;
  readonly onFigure: (run: string, figure: WireFigure) => void;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly onCopy: (text: string) => void;
}

export function runsListWidget(
  state: RunsState,
  cells: NotebookCells,
  onDelete: (run: string) => void,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(
    <ConnectedList state={state} cells={cells} onDelete={onDelete} trans={trans} />
  );
}

export function runDetailWidget(
  state: RunsState,
  cells: NotebookCells,
  doors: IRunDoors,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(
    <ConnectedDetail state={state} cells={cells} doors={doors} trans={trans} />
  );
}

function ConnectedList(props: {
  readonly state: RunsState;
  readonly cells: NotebookCells;
  readonly onDelete: (run: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, onDelete, trans } = props;
  const runs = useWatched(state);
  return (
    <RunsList
      runs={runs}
      foot={<ConnectedWentInto state={state} cells={props.cells} trans={trans} />}
      nowMs={useNow()}
      onScope={scope => state.choose(scope)}
      onOpen={run => state.open(run)}
      onExpand={(run, wanted) => state.expand(run, wanted)}
      onDelete={onDelete}
      onRetry={() => void state.refresh()}
      trans={trans}
    />
  );
}

/** Alone it hears of the cells, which change while the user types: the list is not drawn anew for that. */
function ConnectedWentInto(props: {
  readonly state: RunsState;
  readonly cells: NotebookCells;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, trans } = props;
  const list = useWatched(state).list.value;
  const runs = runsOfChosen(list, useWatched(props.cells));
  return <WentInto runs={runs} list={list} onOpen={run => state.open(run)} trans={trans} />;
}

function ConnectedDetail(props: {
  readonly state: RunsState;
  readonly cells: NotebookCells;
  readonly doors: IRunDoors;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, doors, trans } = props;
  const runs = useWatched(state);
  const cells = useWatched(props.cells);
  const run = runs.detail.value;
  return (
    <RunDetailView
      marks={marksByRan(run, cells)}
      gone={run === null ? NONE_GONE : cellsGone(run, cells)}
      wentInto={runsOfChosen(runs.list.value, cells)}
      list={runs.list.value}
      detail={runs.detail}
      opened={runs.opened}
      trials={runs.opened === null ? undefined : runs.trials.get(runs.opened)}
      metricsPerRow={runs.metricsPerRow}
      onOpen={run => state.open(run)}
      figureAddress={(run, sha256) => state.figureAddress(run, sha256)}
      nowMs={useNow()}
      onBack={() => state.close()}
      onRetry={() => void state.refresh()}
      {...doors}
      onReveal={(notebook, cell) =>
        doors.onReveal(notebook, (run === null ? null : cellsNow(run, cells).get(cell)) ?? cell)
      }
      trans={trans}
    />
  );
}

/** The marks of a run by the ids that its cells had. */
function marksByRan(run: RunDetail | null, cells: INotebookCells): ReadonlyMap<string, IMark> {
  const marks = marksOf(run, cells);
  const found = run === null ? [] : [...cellsNow(run, cells)];
  return new Map(
    found.flatMap(([ran, now]): [string, IMark][] => {
      const mark = marks.get(now);
      return mark === undefined ? [] : [[ran, mark]];
    })
  );
}
