/** A value in a table: as much of it as three lines hold, and a button where there is more. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useLayoutEffect, useRef, useState } from 'react';

import { Breakable } from './breakable';

export function Value(props: {
  readonly text: string;
  /** How it is written, where it is not a name that breaks between its words. */
  readonly children?: React.ReactNode;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { text, children = <Breakable name={text} />, trans } = props;
  const shown = useRef<HTMLDivElement>(null);
  const [isWhole, setWhole] = useState(false);
  const isCut = useCut(shown, text);
  return (
    <td className="cellmill-mod-value">
      <div ref={shown} className="cellmill-Value" data-whole={isWhole} title={text}>
        {children}
      </div>
      {isCut ? (
        <button
          type="button"
          className="cellmill-Link"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? trans.__('less') : trans.__('more')}
        </button>
      ) : null}
    </td>
  );
}

/** Say whether an element has more lines than it shows, also when its width changes. Shown whole it stays so. */
function useCut(shown: React.RefObject<HTMLElement>, text: string): boolean {
  const [isCut, setCut] = useState(false);
  useLayoutEffect(() => {
    const node = shown.current;
    if (node === null) {
      return undefined;
    }
    const measure = (): void => {
      if (node.dataset.whole !== 'true') {
        setCut(node.scrollHeight > node.clientHeight + 1);
      }
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, [shown, text]);
  return isCut;
}
