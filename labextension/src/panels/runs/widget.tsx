/** The runs as JupyterLab widgets: the list, and the details that cover it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import type { RunsState } from '../../state/runs';
import type { WireFigure } from '../../wire/generated';
import { useNow, useWatched } from '../frame/watch';
import { RunDetailView } from './detail';
import { RunsList } from './list';

export interface IRunDoors {
  readonly onRegister: (run: string) => void;
  readonly onDelete: (run: string) => void;
  readonly onFigure: (run: string, figure: WireFigure) => void;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly onCopy: (text: string) => void;
}

export function runsListWidget(
  state: RunsState,
  onDelete: (run: string) => void,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(<ConnectedList state={state} onDelete={onDelete} trans={trans} />);
}

export function runDetailWidget(
  state: RunsState,
  doors: IRunDoors,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(<ConnectedDetail state={state} doors={doors} trans={trans} />);
}

function ConnectedList(props: {
  readonly state: RunsState;
  readonly onDelete: (run: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, onDelete, trans } = props;
  return (
    <RunsList
      runs={useWatched(state)}
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

function ConnectedDetail(props: {
  readonly state: RunsState;
  readonly doors: IRunDoors;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, doors, trans } = props;
  const runs = useWatched(state);
  return (
    <RunDetailView
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
      trans={trans}
    />
  );
}
