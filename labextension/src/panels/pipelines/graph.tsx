/** A pipeline as a graph: a node for each step with how it stands, an edge for what crosses. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useLayoutEffect, useMemo, useRef, useState } from 'react';

import { stepNow, type IStepNow } from '../../state/pipelines';
import type { WireEdge, WirePipeline, WirePipelineRun, WireStep } from '../../wire/generated';
import { moveByArrows } from '../frame/arrows';
import { layOut, NODE_HEIGHT, type ILink, type IPlace, type IWay } from './layout';
import { crossingWords, nodeWords, SIGNS, stageWords } from './words';

/** What is looked at: a step by its name, or an edge by both its ends. */
export type Looked =
  { readonly step: string } | { readonly before: string; readonly after: string };

export interface IGraphProps {
  readonly pipeline: WirePipeline;
  readonly run: WirePipelineRun | null;
  readonly looked: Looked | null;
  /** It was clicked, or has the focus. */
  readonly onLook: (looked: Looked) => void;
  /** The pointer is over it, `null` when it has left the graph. */
  readonly onHover: (looked: Looked | null) => void;
  /** Its notebook is wanted: by a double click, or with the Enter key. */
  readonly onOpen: (step: WireStep) => void;
  readonly trans: TranslationBundle;
}

/** About as wide as a letter of each line is on average, so that words end in time. */
const NAME_WIDTH = 7.2;
const WORDS_WIDTH = 5.9;
const PADDING = 12;
const USUAL_WIDTH = 280;
/** So many letters say more than the state. */
const ROOMY = 24;

export function Graph(props: IGraphProps): React.JSX.Element {
  const { pipeline, trans } = props;
  const frame = useRef<HTMLDivElement>(null);
  const available = useWidth(frame);
  // Asked again at every cell that ends: the places change only with the steps and their edges.
  const shape = JSON.stringify([
    pipeline.steps.map(step => step.name),
    pipeline.edges.map(({ before, after }) => ({ before, after }))
  ]);
  const layout = useMemo(() => {
    const [names, links] = JSON.parse(shape) as [string[], ILink[]];
    return layOut(names, links, available);
  }, [shape, available]);
  const steps = new Map(pipeline.steps.map(step => [step.name, step]));
  const first = layout.nodes.at(0)?.name;
  return (
    <div
      className="cellmill-Graph"
      ref={frame}
      onKeyDown={moveByArrows}
      onPointerLeave={() => props.onHover(null)}
    >
      <svg
        width={layout.width}
        height={layout.height}
        role="group"
        aria-label={trans.__('Steps of %1', pipeline.name)}
      >
        {layout.ways.map(way => (
          <Edge
            key={`${way.before}\n${way.after}`}
            {...props}
            way={way}
            edge={pipeline.edges.find(one => one.before === way.before && one.after === way.after)}
          />
        ))}
        {layout.nodes.map(place => {
          const step = steps.get(place.name);
          return step === undefined ? null : (
            <Node
              key={place.name}
              {...props}
              place={place}
              step={step}
              tabStop={
                props.looked !== null && 'step' in props.looked
                  ? props.looked.step === place.name
                  : place.name === first
              }
            />
          );
        })}
      </svg>
    </div>
  );
}

function Node(
  props: IGraphProps & {
    readonly place: IPlace;
    readonly step: WireStep;
    readonly tabStop: boolean;
  }
): React.JSX.Element {
  const { place, step, tabStop, run, looked, onLook, onHover, onOpen, trans } = props;
  const { width } = place;
  const now = stepNow(step, run);
  const words = nodeWords(now, trans);
  const isLooked = looked !== null && 'step' in looked && looked.step === step.name;
  const done = shareOf(now);
  return (
    <g
      className="cellmill-Node"
      data-stage={now.stage}
      data-looked={isLooked}
      data-cellmill-stop
      role="button"
      tabIndex={tabStop ? 0 : -1}
      aria-label={trans.__('%1: %2', step.name, words)}
      transform={`translate(${place.x} ${place.y})`}
      onClick={() => onLook({ step: step.name })}
      onDoubleClick={() => onOpen(step)}
      onKeyDown={event => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          onOpen(step);
        }
      }}
      onFocus={() => onLook({ step: step.name })}
      onPointerEnter={() => onHover({ step: step.name })}
    >
      <title>{`${step.name}: ${words}`}</title>
      <rect className="cellmill-Node-box" width={width} height={NODE_HEIGHT} rx={4} />
      <rect className="cellmill-Node-bar" width={4} height={NODE_HEIGHT} rx={2} />
      {done === null ? null : (
        <rect
          className="cellmill-Node-done"
          y={NODE_HEIGHT - 3}
          width={width * done}
          height={3}
          rx={1.5}
        />
      )}
      <text className="cellmill-Node-sign" x={PADDING} y={18}>
        {SIGNS[now.stage]}
      </text>
      <text className="cellmill-Node-name" x={PADDING + 14} y={18}>
        {cut(step.name, (width - PADDING - 20) / NAME_WIDTH)}
      </text>
      <text className="cellmill-Node-words" x={PADDING} y={34}>
        {fitting(now, (width - PADDING - 6) / WORDS_WIDTH, trans)}
      </text>
    </g>
  );
}

function Edge(
  props: IGraphProps & { readonly way: IWay; readonly edge: WireEdge | undefined }
): React.JSX.Element {
  const { way, edge, looked, onLook, onHover, trans } = props;
  const { before, after } = way;
  const isLooked =
    looked !== null &&
    ('step' in looked
      ? looked.step === before || looked.step === after
      : looked.before === before && looked.after === after);
  const words = edge === undefined ? '' : crossingWords(edge, trans);
  return (
    <g
      className="cellmill-Edge"
      data-looked={isLooked}
      data-cellmill-stop
      role="img"
      tabIndex={-1}
      aria-label={trans.__('%1 to %2: %3', before, after, words)}
      onClick={() => onLook({ before, after })}
      onFocus={() => onLook({ before, after })}
      onPointerEnter={() => onHover({ before, after })}
    >
      <title>{words}</title>
      <path className="cellmill-Edge-line" d={way.path} />
      <path className="cellmill-Edge-line" d={way.head} />
      <path className="cellmill-Edge-reach" d={way.path} />
    </g>
  );
}

/** The share of a running step that is done, `null` where that is not known. */
function shareOf({ stage, standing }: IStepNow): number | null {
  if (stage !== 'running' || standing === null) {
    return null;
  }
  const { done, of, items, items_done } = standing;
  return items > 0 ? items_done / items : of > 0 ? done / of : null;
}

function cut(text: string, letters: number): string {
  const most = Math.max(4, Math.floor(letters));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** What is to be said of a step in so many letters: where there is little room, the state alone. */
function fitting(now: IStepNow, letters: number, trans: TranslationBundle): string {
  const words = nodeWords(now, trans);
  const state = stageWords(now.stage, trans);
  const { standing } = now;
  if (words.length <= letters) {
    return words;
  }
  if (now.stage === 'running' && standing !== null) {
    const [done, of] =
      standing.items > 0 ? [standing.items_done, standing.items] : [standing.done, standing.of];
    return of > 0 ? cut(`${state} ${done}/${of}`, letters) : cut(state, letters);
  }
  return cut(letters < ROOMY ? state : words, letters);
}

function useWidth(frame: React.RefObject<HTMLDivElement>): number {
  const [width, setWidth] = useState(USUAL_WIDTH);
  useLayoutEffect(() => {
    const node = frame.current;
    if (node === null) {
      return undefined;
    }
    const measure = (): void => {
      if (node.clientWidth > 0) {
        setWidth(node.clientWidth);
      }
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, [frame]);
  return width;
}
