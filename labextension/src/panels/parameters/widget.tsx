/** The form of a notebook's parameters as a JupyterLab widget. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import type { ParametersState } from '../../state/parameters';
import type { WireSweep } from '../../wire/generated';
import { useNow, useWatched } from '../frame/watch';
import { ParameterFormView } from './form';

export interface IParameterDoors {
  readonly onOpen: (notebook: string) => void;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly onPicture: (sweep: WireSweep) => void;
}

export function parametersWidget(
  state: ParametersState,
  doors: IParameterDoors,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(<Connected state={state} doors={doors} trans={trans} />);
}

function Connected(props: {
  readonly state: ParametersState;
  readonly doors: IParameterDoors;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, doors, trans } = props;
  const parameters = useWatched(state);
  return (
    <ParameterFormView
      parameters={parameters}
      nowMs={useNow()}
      onBack={() => state.close()}
      onRefresh={() => void state.refresh()}
      onType={(name, text) => state.type(name, text)}
      onLeave={name => void state.leave(name)}
      onReset={() => state.reset()}
      onRun={() => state.run()}
      onCancel={() => void state.cancel()}
      onOpen={doors.onOpen}
      onPick={(name, wanted) => state.pick(name, wanted)}
      onMake={() => void state.makeParameters()}
      onUndo={() => void state.undo()}
      onReveal={cell => {
        if (parameters.notebook !== null) {
          doors.onReveal(parameters.notebook, cell);
        }
      }}
      onPicture={doors.onPicture}
      trans={trans}
    />
  );
}
