/** The executions that took part in a run, and the way to their cells. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { IMark } from '../../state/cells';
import type { RunDetail, WireExecution } from '../../wire/generated';
import { moveByArrows } from '../frame/arrows';
import { Outputs } from './outputs';
import { firstLine, partWords } from './words';

export interface ICellsProps {
  readonly run: RunDetail;
  /** What the cells are in the notebook now, where it is the one in front. */
  readonly marks: ReadonlyMap<string, IMark>;
  readonly gone: ReadonlySet<string>;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly trans: TranslationBundle;
}

export function Cells(props: ICellsProps): React.JSX.Element {
  const { run, marks, gone, onReveal, trans } = props;
  if (run.executions.length === 0) {
    return <p className="cellmill-Quiet">{trans.__('None is known.')}</p>;
  }
  const firstWithCell = run.executions.findIndex(execution => execution.cell !== null);
  return (
    <ul
      role="list"
      className="cellmill-List"
      aria-label={trans.__('Cells')}
      onKeyDown={moveByArrows}
    >
      {run.executions.map((execution, index) => (
        <li key={execution.execution}>
          <Cell
            execution={execution}
            notebook={run.notebook}
            now={
              execution.cell === null
                ? null
                : gone.has(execution.cell)
                  ? 'gone'
                  : marks.get(execution.cell)?.stale
                    ? 'edited'
                    : null
            }
            tabStop={index === firstWithCell}
            onReveal={onReveal}
            trans={trans}
          />
          <Outputs execution={execution} tabStop={firstWithCell < 0} trans={trans} />
        </li>
      ))}
    </ul>
  );
}

function Cell(props: {
  readonly execution: WireExecution;
  readonly notebook: string | null;
  readonly now: 'gone' | 'edited' | null;
  readonly tabStop: boolean;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { execution, notebook, now, onReveal, trans } = props;
  const { cell } = execution;
  const inside = (
    <>
      <span className="cellmill-Cell-number">[{execution.number}]</span>
      <code className="cellmill-Cell-source">{firstLine(execution.source)}</code>
      {now === null ? null : (
        <span className="cellmill-Chip" data-tone="warning" title={nowTitle(now, trans)}>
          {now === 'gone' ? trans.__('cell removed') : trans.__('edited since')}
        </span>
      )}
      <span className="cellmill-Chip" data-part={execution.part}>
        {partWords(execution.part, trans)}
      </span>
    </>
  );
  // What ran without a cell (a console, a headless run) leads nowhere.
  if (cell === null || notebook === null) {
    return (
      <div className="cellmill-Cell" title={execution.source}>
        {inside}
      </div>
    );
  }
  return (
    <button
      type="button"
      className="cellmill-Cell"
      data-cellmill-stop
      tabIndex={props.tabStop ? 0 : -1}
      title={execution.source}
      onClick={() => onReveal(notebook, cell)}
    >
      {inside}
    </button>
  );
}

function nowTitle(now: 'gone' | 'edited', trans: TranslationBundle): string {
  return now === 'gone'
    ? trans.__('This cell is not in the notebook any more; its source is kept with the run.')
    : trans.__('The cell in the notebook is not what ran; that source is kept with the run.');
}
