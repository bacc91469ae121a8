/** The frame of a view that covers the sidebar's sections: the way back, and below it what was fetched. */
import { caretLeftIcon, refreshIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef } from 'react';

import { Fetched, type IFetchedProps } from './fetched';

export interface ICoverProps<T> extends IFetchedProps<T> {
  /** What a screen reader calls the view. */
  readonly label: string;
  /** Where the way back leads. */
  readonly back: string;
  readonly onBack: () => void;
  /** What is looked at, `null` while the view is closed. */
  readonly about: string | null;
  /** The name of the field at which the keyboard begins; where there is none it begins at the way back. */
  readonly first?: string;
  readonly head?: React.ReactNode;
  readonly foot?: React.ReactNode;
}

export function Cover<T>(props: ICoverProps<T>): React.JSX.Element {
  const { label, back, onBack, about, first, head, foot, ...fetched } = props;
  const view = useRef<HTMLElement>(null);
  useEffect(() => {
    if (about !== null && isExpected(view.current)) {
      const field = first === undefined ? '.cellmill-Back' : `[name="${CSS.escape(first)}"]`;
      view.current?.querySelector<HTMLElement>(field)?.focus();
    }
  }, [about, first]);
  useEffect(() => {
    if (about === null) {
      return undefined;
    }
    // A button that was pressed and is disabled while that goes on leaves the keyboard to the body.
    const leave = (event: KeyboardEvent): void => {
      const isSeen = (view.current?.offsetHeight ?? 0) > 0;
      if (event.key === 'Escape' && isSeen && document.activeElement === document.body) {
        onBack();
      }
    };
    document.addEventListener('keydown', leave);
    return () => document.removeEventListener('keydown', leave);
  }, [about, onBack]);
  return (
    <section
      ref={view}
      className="cellmill-Cover-view"
      aria-label={label}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          onBack();
        }
      }}
    >
      <div className="cellmill-Cover-bar">
        <button type="button" className="cellmill-Back" onClick={onBack}>
          <caretLeftIcon.react tag="span" />
          {back}
        </button>
      </div>
      <div className="cellmill-Cover-body">
        {head}
        <Fetched {...fetched} />
      </div>
      {foot}
    </section>
  );
}

/** What a view is about, and the button that looks again. */
export function CoverTitle(props: {
  readonly children: React.ReactNode;
  /** What the button does, in words. */
  readonly again?: string;
  readonly onAgain?: () => void;
}): React.JSX.Element {
  const { children, again, onAgain } = props;
  return (
    <div className="cellmill-Cover-title">
      <h2>{children}</h2>
      {again === undefined ? null : (
        <button
          type="button"
          className="cellmill-IconButton"
          title={again}
          aria-label={again}
          onClick={onAgain}
        >
          <refreshIcon.react tag="span" />
        </button>
      )}
    </div>
  );
}

/** Who has gone on elsewhere meanwhile is not called back. What is disabled or hidden leaves the focus to the body. */
function isExpected(view: HTMLElement | null): boolean {
  const { activeElement, body } = document;
  const sidebar = view?.closest('.cellmill-Sidebar');
  return activeElement === body || sidebar?.contains(activeElement) === true;
}
