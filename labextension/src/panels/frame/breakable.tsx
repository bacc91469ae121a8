/** A long name that may break where a reader would: between its words. */
import React, { Fragment } from 'react';

/** `HistGradientBoosting`, `mean_absolute_error` and `sklearn.svm` all break between their words. */
const WORD_ENDS = /(?<=[a-z0-9])(?=[A-Z])|(?<=[_.])(?=[^_.])/;

export function Breakable(props: { readonly name: string }): React.JSX.Element {
  return (
    <>
      {props.name.split(WORD_ENDS).map((word, index) => (
        <Fragment key={index}>
          {index > 0 ? <wbr /> : null}
          {word}
        </Fragment>
      ))}
    </>
  );
}
