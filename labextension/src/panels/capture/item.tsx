/** The word in the status bar that says whether the current notebook is captured. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { ICapture } from '../../state/capture';
import type { CaptureStatus } from '../../wire/generated';
import { adviceLine } from '../advice';
import { cellmillIcon } from '../frame/icons';
import { problemLines, problemWords } from './words';

export interface ICaptureItemProps {
  readonly capture: ICapture;
  readonly onPress: () => void;
  readonly trans: TranslationBundle;
}

export function CaptureItem(props: ICaptureItemProps): React.JSX.Element {
  const { capture, onPress, trans } = props;
  const state = capture.status.value?.capture;
  return (
    <button
      type="button"
      className="cellmill-Capture jp-StatusBar-TextItem"
      data-capture={state ?? 'unknown'}
      data-problems={problemsOf(capture).length > 0 ? '' : undefined}
      title={tooltip(capture, trans)}
      aria-busy={capture.asking}
      onClick={onPress}
    >
      <cellmillIcon.react tag="span" />
      {label(capture, trans)}
      {problemsOf(capture).length === 0 ? null : (
        <span className="cellmill-Capture-problems">
          {' · '}
          {problemWords(problemsOf(capture).length, trans)}
        </span>
      )}
    </button>
  );
}

/** What went wrong with us in the session of this notebook. */
function problemsOf({ status }: ICapture): readonly string[] {
  return status.value?.failures ?? [];
}

function label({ status }: ICapture, trans: TranslationBundle): string {
  if (status.value === null) {
    return status.trouble === null ? trans.__('Cellmill: …') : trans.__('Cellmill: no answer');
  }
  switch (status.value.capture) {
    case 'on':
      return trans.__('Cellmill: on');
    case 'paused':
      return trans.__('Cellmill: paused');
    case 'off':
      return trans.__('Cellmill: off');
    case 'none':
      return trans.__('Cellmill: no kernel');
  }
}

/** Return what a press would do, what is stored, and where. */
function tooltip({ status }: ICapture, trans: TranslationBundle): string {
  if (status.value === null) {
    return status.trouble === null
      ? trans.__('Asking the server…')
      : adviceLine(status.trouble, trans);
  }
  return [
    ...sentences(status.value, trans),
    ...problemLines(status.value.failures, trans),
    '',
    trans.__('Journal: %1', status.value.root),
    trans.__('MLflow store: %1', status.value.store)
  ].join('\n');
}

function sentences(status: CaptureStatus, trans: TranslationBundle): string[] {
  switch (status.capture) {
    case 'on':
      return [
        trans.__(
          'What runs in this notebook is recorded: source, outputs, errors, files used, trainings and their models.'
        ),
        trans.__('%1 in a cell lists everything.', '%cellmill what'),
        trans.__('Click to pause.')
      ];
    case 'paused':
      return [
        trans.__('Nothing that runs in this notebook is recorded.'),
        trans.__('Click to resume.')
      ];
    case 'off':
      return [
        status.reason === null
          ? trans.__('This notebook is not captured.')
          : trans.__('This notebook is not captured: %1', status.reason)
      ];
    case 'none':
      return [trans.__('Capture starts with the notebook’s kernel.')];
  }
}
