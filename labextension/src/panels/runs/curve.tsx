/** The history of a metric: a line to look at, along which pointer and keys read the values. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import type { WireCurve } from '../../wire/generated';
import { linePath, nearestTo, placeIn, rangeOf, stepByKey } from '../frame/chart';
import { countWords, metricWords } from '../frame/numbers';

/** The field in which the line is drawn. It is stretched to the width there is. */
const WIDTH = 300;
const HEIGHT = 48;

export function Curve(props: {
  readonly curve: WireCurve;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { curve, trans } = props;
  const { steps } = curve;
  const last = steps.length - 1;
  const [looked, setLooked] = useState<number | null>(null);
  // A run that goes on is asked for again, and may come back with fewer points.
  const at = looked === null ? null : Math.min(looked, last);
  return (
    <div className="cellmill-Curve">
      <div
        className="cellmill-Curve-field"
        role="slider"
        tabIndex={0}
        aria-label={summary(curve, trans)}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={at ?? last}
        aria-valuetext={pointWords(curve, at ?? last, trans)}
        onPointerMove={event => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          setLooked(nearestTo(steps, (event.clientX - left) / width));
        }}
        onPointerLeave={event => {
          // The keyboard goes on from where the pointer was.
          if (event.currentTarget !== document.activeElement) {
            setLooked(null);
          }
        }}
        onFocus={() => setLooked(looked ?? last)}
        onBlur={() => setLooked(null)}
        onKeyDown={event => {
          const to = stepByKey(event.key, at ?? last, steps.length);
          if (to !== null) {
            event.preventDefault();
            event.stopPropagation();
            setLooked(to);
          }
        }}
      >
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path d={linePath(curve, WIDTH, HEIGHT)} vectorEffect="non-scaling-stroke" />
        </svg>
        {at === null ? null : <Mark curve={curve} at={at} />}
      </div>
      <div className="cellmill-Curve-words" aria-hidden="true">
        {at === null ? (
          <Ends curve={curve} trans={trans} />
        ) : (
          <span>{pointWords(curve, at, trans)}</span>
        )}
      </div>
    </div>
  );
}

/** A stroke down the field, and a dot on the line where there is a number. */
function Mark(props: { readonly curve: WireCurve; readonly at: number }): React.JSX.Element | null {
  const { steps, values } = props.curve;
  const along = rangeOf(steps);
  const up = rangeOf(values);
  const value = values[props.at];
  if (along === null) {
    return null;
  }
  return (
    <span
      className="cellmill-Curve-mark"
      style={{ left: `${placeIn(along, steps[props.at]) * 100}%` }}
    >
      {up === null || typeof value !== 'number' ? null : (
        <span
          className="cellmill-Curve-dot"
          style={{ top: `${(1 - placeIn(up, value)) * 100}%` }}
        />
      )}
    </span>
  );
}

/** What the line spans: its steps on one side, its values on the other. */
function Ends(props: {
  readonly curve: WireCurve;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { curve, trans } = props;
  const range = rangeOf(curve.values);
  return (
    <>
      <span>{spanWords(curve, trans)}</span>
      <span>
        {range === null
          ? trans.__('no number among them')
          : trans.__('%1 to %2', metricWords(range.low), metricWords(range.high))}
      </span>
    </>
  );
}

function spanWords({ axis, steps }: WireCurve, trans: TranslationBundle): string {
  const [from, to] = [countWords(steps[0]), countWords(steps[steps.length - 1])];
  return axis === 'step'
    ? trans.__('steps %1 to %2', from, to)
    : trans.__('measurements %1 to %2', from, to);
}

export function pointWords(
  { axis, steps, values }: WireCurve,
  at: number,
  trans: TranslationBundle
): string {
  const [step, value] = [countWords(steps[at]), metricWords(values[at])];
  return axis === 'step'
    ? trans.__('step %1: %2', step, value)
    : trans.__('measurement %1: %2', step, value);
}

/** Return the line in words, for those who do not see it. */
export function summary(curve: WireCurve, trans: TranslationBundle): string {
  const { name, values, steps, points } = curve;
  const range = rangeOf(values);
  const parts = [trans.__('History of %1, %2', name, spanWords(curve, trans))];
  if (range !== null) {
    const [low, high] = [values.indexOf(range.low), values.indexOf(range.high)];
    parts.push(
      trans.__('lowest %1 at %2', metricWords(range.low), countWords(steps[low])),
      trans.__('highest %1 at %2', metricWords(range.high), countWords(steps[high])),
      trans.__('last %1', metricWords(values[values.length - 1]))
    );
  }
  if (values.some(value => typeof value !== 'number')) {
    parts.push(trans.__('some values are no numbers'));
  }
  if (points > values.length) {
    parts.push(trans.__('%1 of %2 points shown', countWords(values.length), countWords(points)));
  }
  return parts.join('; ');
}
