/** The executions that took part in a run, and the way to their cells. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { RunDetail, WireExecution } from '../../wire/generated';
import { moveByArrows } from '../frame/arrows';
import { Outputs } from './outputs';
import { firstLine, partWords } from './words';

export interface ICellsProps {
  readonly run: RunDetail;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly trans: TranslationBundle;
}

export function Cells(props: ICellsProps): React.JSX.Element {
  const { run, onReveal, trans } = props;
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
  readonly tabStop: boolean;
  readonly onReveal: (notebook: string, cell: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { execution, notebook, onReveal, trans } = props;
  const { cell } = execution;
  const inside = (
    <>
      <span className="cellmill-Cell-number">[{execution.number}]</span>
      <code className="cellmill-Cell-source">{firstLine(execution.source)}</code>
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
