/** The pictures that the executions of a run showed. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import type { WireFigure } from '../../wire/generated';

export interface IFiguresProps {
  readonly figures: readonly WireFigure[];
  readonly addressOf: (figure: WireFigure) => string;
  readonly onOpen: (figure: WireFigure) => void;
  readonly trans: TranslationBundle;
}

export function Figures(props: IFiguresProps): React.JSX.Element {
  return (
    <ul role="list" className="cellmill-Figures" aria-label={props.trans.__('Figures')}>
      {props.figures.map(figure => (
        <li key={figure.sha256}>
          <Thumbnail {...props} figure={figure} />
        </li>
      ))}
    </ul>
  );
}

function Thumbnail(props: IFiguresProps & { readonly figure: WireFigure }): React.JSX.Element {
  const { figure, addressOf, onOpen, trans } = props;
  const [isMissing, setMissing] = useState(false);
  const name = figureWords(figure, trans);
  if (isMissing) {
    return (
      <span className="cellmill-Figure cellmill-Quiet">
        {trans.__(
          'The picture of [%1] could not be loaded; it may have been removed.',
          figure.number
        )}{' '}
        <button type="button" className="cellmill-Link" onClick={() => setMissing(false)}>
          {trans.__('Retry')}
        </button>
      </span>
    );
  }
  return (
    <button
      type="button"
      className="cellmill-Figure"
      title={trans.__('%1: open large', name)}
      onClick={() => onOpen(figure)}
    >
      <img src={addressOf(figure)} alt={name} loading="lazy" onError={() => setMissing(true)} />
      <span aria-hidden="true">[{figure.number}]</span>
    </button>
  );
}

/** A picture at its own size, or as large as the window allows. */
export function LargeFigure(props: {
  readonly address: string;
  readonly name: string;
}): React.JSX.Element {
  return <img className="cellmill-LargeFigure" src={props.address} alt={props.name} />;
}

export function figureWords({ number }: WireFigure, trans: TranslationBundle): string {
  return trans.__('Figure of execution [%1]', number);
}
