/** The splitting of a notebook as a JupyterLab widget. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import type { SplitsState } from '../../state/splits';
import { useWatched } from '../frame/watch';
import { Wizard } from './wizard';

export interface ISplitDoors {
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly onOpenPipeline: (folder: string) => void;
}

export function splitsWidget(
  state: SplitsState,
  doors: ISplitDoors,
  trans: TranslationBundle
): ReactWidget {
  return ReactWidget.create(<Connected state={state} doors={doors} trans={trans} />);
}

function Connected(props: {
  readonly state: SplitsState;
  readonly doors: ISplitDoors;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { state, doors, trans } = props;
  const splits = useWatched(state);
  return (
    <Wizard
      splits={splits}
      onBack={() => state.close()}
      onRetry={() => void state.refresh()}
      onType={name => state.type(name)}
      onNetwork={allowed => state.allowNetwork(allowed)}
      onPropose={() => void state.propose()}
      onToggle={number => state.toggle(number)}
      onMove={(number, by) => state.move(number, by)}
      onReset={() => state.takeProposal()}
      onMake={() => void state.make()}
      onCancel={() => void state.cancel()}
      onReveal={cell => {
        if (splits.notebook !== null) {
          doors.onReveal(splits.notebook, cell);
        }
      }}
      onOpenPipeline={doors.onOpenPipeline}
      trans={trans}
    />
  );
}
