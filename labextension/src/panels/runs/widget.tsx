/** The runs as JupyterLab widgets: the list, and the details that cover it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import type { RunsState } from '../../state/runs';
import { useNow, useWatched } from '../frame/watch';
import { RunDetailView } from './detail';
import { RunsList } from './list';

export interface IRunDoors {
  readonly onRegister: (run: string) => void;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly onCopy: (text: string) => void;
}

export function runsListWidget(state: RunsState, trans: TranslationBundle): ReactWidget {
  return ReactWidget.create(<ConnectedList state={state} trans={trans} />);
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
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, trans } = props;
  return (
    <RunsList
      runs={useWatched(state)}
      nowMs={useNow()}
      onScope={scope => state.choose(scope)}
      onOpen={run => state.open(run)}
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
      nowMs={useNow()}
      onBack={() => state.close()}
      onRetry={() => void state.refresh()}
      {...doors}
      trans={trans}
    />
  );
}
