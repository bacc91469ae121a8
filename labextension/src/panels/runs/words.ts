/** Words for what a run is and how it went. */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { RunDetail, RunSummary, WireExecution } from '../../wire/generated';

/** `sklearn.linear_model.Ridge` -> `Ridge`. */
export function shortClass(modelClass: string): string {
  return modelClass.slice(modelClass.lastIndexOf('.') + 1);
}

/** `notebooks/tour.ipynb` -> `tour.ipynb`. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The first line that says something: leading blank lines and IPython's cell magics say little. */
export function firstLine(source: string): string {
  const lines = source.split('\n').filter(line => line.trim() !== '');
  return (lines.find(line => !line.startsWith('%%')) ?? lines.at(0) ?? '').trim();
}

export function statusWords(status: RunSummary['status'], trans: TranslationBundle): string {
  switch (status) {
    case 'running':
      return trans.__('running');
    case 'finished':
      return trans.__('finished');
    case 'failed':
      return trans.__('failed');
    case 'interrupted':
      return trans.__('interrupted');
  }
}

export function partWords(part: WireExecution['part'], trans: TranslationBundle): string {
  switch (part) {
    case 'fed':
      return trans.__('fed');
    case 'trained':
      return trans.__('trained');
    case 'evaluated':
      return trans.__('evaluated');
  }
}

/** Return why the run cannot be registered, `null` when it can. */
export function whyNotRegistered(run: RunDetail, trans: TranslationBundle): string | null {
  if (run.has_model) {
    return null;
  }
  switch (run.status) {
    case 'running':
      return trans.__('The training still runs.');
    case 'failed':
      return trans.__('The training failed, so there is no model to register.');
    case 'interrupted':
      return trans.__('The training was interrupted, so there is no model to register.');
    case 'finished':
      return run.model_note ?? trans.__('No model was kept.');
  }
}

/** Does the run answer to what was typed in the filter? Every word must be found somewhere. */
export function answersTo(run: RunSummary, typed: string): boolean {
  const names = run.metrics.map(metric => metric.name);
  const text = [run.model_class, run.library, run.status, run.run, run.notebook ?? '', ...names]
    .join(' ')
    .toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word));
}
