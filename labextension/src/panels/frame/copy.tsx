/** A text one may want to paste elsewhere, with a button that copies it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon, copyIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useState } from 'react';

const SHOWN_MS = 1500;

export function Copyable(props: {
  readonly text: string;
  /** What stands there, where the text itself is too long to read. */
  readonly shown?: string;
  /** What is copied, for the button's name. */
  readonly what: string;
  readonly onCopy: (text: string) => void;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { text, shown = text, what, onCopy, trans } = props;
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (copied) {
      const timer = setTimeout(() => setCopied(false), SHOWN_MS);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [copied]);
  const label = copied ? trans.__('Copied') : trans.__('Copy %1', what);
  const Icon = copied ? checkIcon : copyIcon;
  return (
    <span className="cellmill-Copyable">
      <code title={text}>{shown}</code>
      <button
        type="button"
        className="cellmill-IconButton"
        title={label}
        aria-label={label}
        onClick={() => {
          onCopy(text);
          setCopied(true);
        }}
      >
        <Icon.react tag="span" />
      </button>
    </span>
  );
}
