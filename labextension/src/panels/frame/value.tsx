/** A value in a table: as much of it as three lines hold, the rest in a tooltip. */
import React from 'react';

import { Breakable } from './breakable';

export function Value(props: { readonly text: string }): React.JSX.Element {
  return (
    <td className="cellmill-mod-value">
      <div className="cellmill-Value" title={props.text}>
        <Breakable name={props.text} />
      </div>
    </td>
  );
}
