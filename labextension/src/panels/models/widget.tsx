/** The registered models as a JupyterLab widget. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import type { ModelsState } from '../../state/models';
import { useNow, useWatched } from '../frame/watch';
import { ModelsList } from './list';

export function modelsListWidget(
  state: ModelsState,
  onOpenRun: (run: string) => void,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(<Connected state={state} onOpenRun={onOpenRun} trans={trans} />);
}

function Connected(props: {
  readonly state: ModelsState;
  readonly onOpenRun: (run: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, onOpenRun, trans } = props;
  return (
    <ModelsList
      models={useWatched(state)}
      nowMs={useNow()}
      onOpenRun={onOpenRun}
      onRetry={() => void state.refresh()}
      trans={trans}
    />
  );
}
