/** The capture word as a JupyterLab widget. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import type { CaptureState } from '../../state/capture';
import { useWatched } from '../frame/watch';
import { CaptureItem } from './item';

export function captureWidget(
  state: CaptureState,
  onPress: () => void,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(<Connected state={state} onPress={onPress} trans={trans} />);
}

function Connected(props: {
  readonly state: CaptureState;
  readonly onPress: () => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  return (
    <CaptureItem capture={useWatched(props.state)} onPress={props.onPress} trans={props.trans} />
  );
}
