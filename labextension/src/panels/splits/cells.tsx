/** The code cells of a notebook with the borders between them, which can be put and taken away. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useRef, useState } from 'react';

import { chosenSteps, type IChosenStep } from '../../state/splits';
import type { WireBorder, WireCell, WireSplitPlan } from '../../wire/generated';
import { durationWords } from '../frame/age';
import { moveByArrows } from '../frame/arrows';
import { listWords } from '../frame/names';
import { sizeWords } from '../frame/numbers';

export interface ICellsProps {
  readonly plan: WireSplitPlan;
  readonly borders: ReadonlySet<number>;
  readonly disabled: boolean;
  readonly onToggle: (number: number) => void;
  /** Returns where the border is then. */
  readonly onMove: (number: number, by: 1 | -1) => number;
  readonly onReveal: (cell: string) => void;
  readonly trans: TranslationBundle;
}

/** A cell that took less is not worth a figure. */
const SHORTEST_S = 0.1;

export function Cells(props: ICellsProps): React.JSX.Element {
  const { plan, borders, trans } = props;
  const steps = chosenSteps(plan, borders);
  const [pointed, point] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const moved = useRef<number | null>(null);
  useEffect(() => {
    if (moved.current !== null) {
      const wanted = `[data-border="${moved.current}"]`;
      moved.current = null;
      list.current?.querySelector<HTMLElement>(wanted)?.focus();
    }
  });
  const onMove = (number: number, by: 1 | -1): void => {
    moved.current = props.onMove(number, by);
  };
  return (
    <ol
      ref={list}
      role="list"
      className="cellmill-Cut"
      aria-label={trans.__('Code cells and borders')}
      onKeyDown={moveByArrows}
    >
      <Title step={steps[0]} index={0} trans={trans} />
      {plan.cells.map(cell => {
        const border = plan.borders.find(one => one.number === cell.number);
        const index = steps.findIndex(step => step.first === cell.number);
        return (
          <React.Fragment key={cell.number}>
            {border === undefined ? null : (
              <BorderRow
                {...props}
                border={border}
                isSet={borders.has(cell.number)}
                isPointed={pointed === cell.number}
                tabStop={cell.number === 2}
                onPoint={point}
                onShift={by => onMove(cell.number, by)}
              />
            )}
            {index > 0 ? <Title step={steps[index]} index={index} trans={trans} /> : null}
            <CellRow {...props} cell={cell} />
          </React.Fragment>
        );
      })}
    </ol>
  );
}

function Title(props: {
  readonly step: IChosenStep;
  readonly index: number;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { step, index, trans } = props;
  return (
    <li className="cellmill-Cut-step">
      {step.name === ''
        ? trans.__('Step %1', index + 1)
        : trans.__('Step %1: %2', index + 1, step.name)}
    </li>
  );
}

function CellRow(props: ICellsProps & { readonly cell: WireCell }): React.JSX.Element {
  const { cell, onReveal, trans } = props;
  const { id, number, first_line, heading, trains, seconds } = cell;
  const line = first_line === '' ? trans.__('(empty)') : first_line;
  return (
    <li className="cellmill-Cut-cell">
      <button
        type="button"
        className="cellmill-Cut-line"
        title={heading === null ? line : `${heading}\n${line}`}
        aria-label={trans.__('Cell %1: %2', number, line)}
        onClick={() => {
          if (id !== null) {
            onReveal(id);
          }
        }}
      >
        <span className="cellmill-Cut-number">{number}</span>
        <code>{line}</code>
        {trains ? <span className="cellmill-Chip">{trans.__('trains')}</span> : null}
        {seconds < SHORTEST_S ? null : (
          <span className="cellmill-Quiet">{durationWords(seconds * 1000, trans)}</span>
        )}
      </button>
    </li>
  );
}

function BorderRow(
  props: ICellsProps & {
    readonly border: WireBorder;
    readonly isSet: boolean;
    readonly isPointed: boolean;
    readonly tabStop: boolean;
    readonly onPoint: (number: number | null) => void;
    readonly onShift: (by: 1 | -1) => void;
  }
): React.JSX.Element {
  const { border, isSet, isPointed, disabled, tabStop, onToggle, onPoint, onShift, trans } = props;
  const { number, reason } = border;
  const words = borderWords(border, trans);
  return (
    <li
      className="cellmill-Border"
      data-set={isSet}
      data-stands={reason === null}
      onPointerLeave={() => onPoint(null)}
    >
      <button
        type="button"
        data-cellmill-stop
        data-border={number}
        tabIndex={tabStop ? 0 : -1}
        className="cellmill-Border-line"
        aria-pressed={isSet}
        aria-disabled={disabled || reason !== null}
        aria-label={trans.__('Border before cell %1. %2', number, words)}
        title={
          reason === null
            ? isSet
              ? trans.__('Take this border away (Alt+Up and Alt+Down move it)')
              : trans.__('Put a border here')
            : words
        }
        onPointerEnter={() => onPoint(number)}
        onFocus={() => onPoint(number)}
        onBlur={() => onPoint(null)}
        onClick={() => {
          if (!disabled && reason === null) {
            onToggle(number);
          }
        }}
        onKeyDown={event => {
          const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : null;
          if (event.altKey && by !== null) {
            event.preventDefault();
            event.stopPropagation(); // else the focus would go on alone
            if (isSet && !disabled) {
              onShift(by);
            }
          }
        }}
      >
        <span className="cellmill-Border-sign" aria-hidden="true">
          {isSet ? '✂' : reason === null ? '+' : '×'}
        </span>
        {isSet || isPointed ? <span className="cellmill-Border-words">{words}</span> : null}
      </button>
    </li>
  );
}

/** What would cross a border, or why none can stand. */
export function borderWords(border: WireBorder, trans: TranslationBundle): string {
  if (border.reason !== null) {
    return trans.__('No border can stand here: %1.', border.reason);
  }
  if (border.names.length === 0) {
    return trans.__('Nothing crosses.');
  }
  const names = border.names.map(({ name, bytes }) =>
    bytes > 0 ? trans.__('%1 (%2)', name, sizeWords(bytes)) : name
  );
  return trans.__('Crosses: %1', listWords(names, trans));
}
