/** Parameters that tell a run from the others like it, in its row. */
import React from 'react';

import type { WireParameter } from '../../wire/generated';
import { Breakable } from '../frame/breakable';
import { valueWords } from '../frame/numbers';

export function Telling(props: {
  readonly parameters: readonly WireParameter[];
}): React.JSX.Element {
  return (
    <>
      {props.parameters.map(({ name, value }) => (
        <span key={name} className="cellmill-Telling" title={`${name}=${value}`}>
          <Breakable name={`${name}=${valueWords(value)}`} />
        </span>
      ))}
    </>
  );
}
