/** The list of pipelines, and the graph of one, as JupyterLab widgets. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import type { CurrentNotebook } from '../../state/notebook';
import type { PipelinesState } from '../../state/pipelines';
import { useNow, useWatched } from '../frame/watch';
import { PipelinesList } from './list';
import { PipelineView } from './view';

export interface IPipelineDoors {
  readonly onOpen: (path: string) => void;
  readonly onOpenFailed: (path: string) => void;
}

export function pipelinesListWidget(
  state: PipelinesState,
  notebook: CurrentNotebook,
  onOpen: (folder: string) => void,
  onSplit: () => void,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(
    <ConnectedList
      state={state}
      notebook={notebook}
      onOpen={onOpen}
      onSplit={onSplit}
      trans={trans}
    />
  );
}

export function pipelineWidget(
  state: PipelinesState,
  doors: IPipelineDoors,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(<ConnectedView state={state} doors={doors} trans={trans} />);
}

function ConnectedList(props: {
  readonly state: PipelinesState;
  readonly notebook: CurrentNotebook;
  readonly onOpen: (folder: string) => void;
  readonly onSplit: () => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, onOpen, onSplit, trans } = props;
  const { path } = useWatched(props.notebook);
  return (
    <PipelinesList
      pipelines={useWatched(state)}
      nowMs={useNow()}
      onOpen={onOpen}
      onSplit={path === null ? null : onSplit}
      onRetry={() => void state.refresh()}
      trans={trans}
    />
  );
}

function ConnectedView(props: {
  readonly state: PipelinesState;
  readonly doors: IPipelineDoors;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, doors, trans } = props;
  const pipelines = useWatched(state);
  return (
    <PipelineView
      pipelines={pipelines}
      nowMs={useNow()}
      onBack={() => state.close()}
      onRefresh={() => void state.refresh()}
      onRun={start => void state.run(start)}
      onCancel={() => void state.cancel()}
      {...doors}
      trans={trans}
    />
  );
}
