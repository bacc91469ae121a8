/** The runs, newest first, with what limits them. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import type { IRuns, Scope } from '../../state/runs';
import { Fetched } from '../frame/fetched';
import { Empty } from '../frame/notices';
import { Rows } from './rows';
import { answersTo } from './words';

export interface IRunsListProps {
  readonly runs: IRuns;
  /** What stands below the runs. */
  readonly foot: React.ReactNode;
  readonly nowMs: number;
  readonly onScope: (scope: Scope) => void;
  readonly onOpen: (run: string) => void;
  readonly onExpand: (run: string, wanted: boolean) => void;
  readonly onDelete: (run: string) => void;
  readonly onRetry: () => void;
  readonly trans: TranslationBundle;
}

export function RunsList(props: IRunsListProps): React.JSX.Element {
  const { runs, trans } = props;
  const [typed, setTyped] = useState('');
  const all = runs.list.value?.runs ?? [];
  const found = all.filter(run => answersTo(run, typed));
  return (
    <div className="cellmill-Runs" aria-busy={runs.list.loading}>
      <div className="cellmill-Controls">
        <ScopeChoice scope={runs.scope} onScope={props.onScope} trans={trans} />
        <input
          type="search"
          className="cellmill-Filter"
          placeholder={trans.__('Filter')}
          aria-label={trans.__('Filter runs')}
          value={typed}
          disabled={all.length === 0}
          onChange={event => setTyped(event.target.value)}
        />
      </div>
      {runs.scope === 'notebook' && runs.notebook === null ? (
        <Empty
          title={trans.__('No notebook is open.')}
          next={trans.__('Open one to see its runs, or choose All.')}
        />
      ) : (
        <Fetched fetched={runs.list} onRetry={props.onRetry} trans={trans}>
          {list =>
            list.runs.length === 0 ? (
              <Empty
                title={trans.__('No runs yet.')}
                next={trans.__(
                  'Run a cell that fits a model. Nothing to import, no cell to change.'
                )}
              />
            ) : found.length === 0 ? (
              <Empty
                title={trans.__('No run matches “%1”.', typed)}
                next={trans.__(
                  'The filter looks at model, library, kind, status, run id, notebook, verdict, parameters that differ and metric names.'
                )}
              />
            ) : (
              <Rows {...props} found={found} />
            )
          }
        </Fetched>
      )}
      <Rest shown={all.length} total={runs.list.value?.total ?? 0} trans={trans} />
      {all.length === 0 ? null : props.foot}
    </div>
  );
}

function ScopeChoice(props: {
  readonly scope: Scope;
  readonly onScope: (scope: Scope) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { scope, onScope, trans } = props;
  const choices: readonly (readonly [Scope, string])[] = [
    ['notebook', trans.__('This notebook')],
    ['all', trans.__('All')]
  ];
  return (
    <div className="cellmill-Choice" role="group" aria-label={trans.__('Which runs')}>
      {choices.map(([choice, label]) => (
        <button
          key={choice}
          type="button"
          aria-pressed={choice === scope}
          onClick={() => onScope(choice)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function Rest(props: {
  readonly shown: number;
  readonly total: number;
  readonly trans: TranslationBundle;
}): React.JSX.Element | null {
  const { shown, total, trans } = props;
  return shown < total ? (
    <p className="cellmill-Rest">{trans.__('The newest %1 of %2 runs.', shown, total)}</p>
  ) : null;
}
