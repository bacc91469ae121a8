/** What was fetched; until it is there that it is awaited, or why it cannot be had. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { Trouble } from '../../api/trouble';
import type { IFetched } from '../../state/latest';
import { Loading, TroubleNotice } from './notices';

export interface IFetchedProps<T> {
  readonly fetched: IFetched<T>;
  /** What went wrong with something else that was asked for here. */
  readonly trouble?: Trouble | null;
  readonly onRetry: () => void;
  readonly trans: TranslationBundle;
  readonly children: (value: T) => React.ReactNode;
}

export function Fetched<T>(props: IFetchedProps<T>): React.JSX.Element {
  const { fetched, trouble = null, onRetry, trans, children } = props;
  // A server that is gone is gone for both: it is said once.
  const isSame =
    fetched.trouble?.kind === trouble?.kind && fetched.trouble?.message === trouble?.message;
  return (
    <>
      {[fetched.trouble, isSame ? null : trouble].map((one, at) =>
        one === null ? null : (
          <TroubleNotice key={at} trouble={one} onRetry={onRetry} trans={trans} />
        )
      )}
      {fetched.value !== null ? (
        children(fetched.value)
      ) : fetched.trouble === null ? (
        <Loading trans={trans} />
      ) : null}
    </>
  );
}
