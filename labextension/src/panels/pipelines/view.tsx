/** One pipeline: its graph, what can be done with it, and what is to be said of the step that is looked at. */
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import { stepNow, type IPipelines } from '../../state/pipelines';
import type { WireEdge, WirePipeline, WireStep } from '../../wire/generated';
import { ageWords, durationWords } from '../frame/age';
import { Breakable } from '../frame/breakable';
import { Cover, CoverTitle } from '../frame/cover';
import { fileName } from '../frame/names';
import { Empty, Problem } from '../frame/notices';
import { Standing } from '../frame/standing';
import { Graph, type Looked } from './graph';
import { crossingWords, runWords, stageWords, whyWords } from './words';

export interface IPipelineViewProps {
  readonly pipelines: IPipelines;
  readonly nowMs: number;
  readonly onBack: () => void;
  readonly onRefresh: () => void;
  /** Run what has changed, or from a step on. */
  readonly onRun: (start: string | null) => void;
  readonly onCancel: () => void;
  readonly onOpen: (path: string) => void;
  /** Open an executed notebook at the cell that raised. */
  readonly onOpenFailed: (path: string) => void;
  readonly trans: TranslationBundle;
}

export function PipelineView(props: IPipelineViewProps): React.JSX.Element {
  const { pipelines, onBack, onRefresh, trans } = props;
  const { opened, graph, trouble } = pipelines;
  return (
    <Cover
      label={trans.__('Pipeline')}
      back={trans.__('Back to pipelines')}
      onBack={onBack}
      about={opened}
      head={
        <CoverTitle again={trans.__('Look again what would run')} onAgain={onRefresh}>
          <Breakable name={graph.value?.name ?? fileName(opened ?? '')} />
        </CoverTitle>
      }
      fetched={graph}
      trouble={trouble}
      onRetry={onRefresh}
      trans={trans}
    >
      {value => <Whole key={opened} {...props} pipeline={value} />}
    </Cover>
  );
}

function Whole(props: IPipelineViewProps & { readonly pipeline: WirePipeline }): React.JSX.Element {
  const { pipelines, pipeline, onRun, onCancel, onOpen, trans } = props;
  const { run, asking } = pipelines;
  const isRunning = run?.stage === 'running';
  const [chosen, look] = useState<Looked | null>(null);
  const [hovered, hover] = useState<Looked | null>(null);
  const failed = isRunning
    ? undefined
    : pipeline.steps.find(step => stepNow(step, run).stage === 'failed');
  // What failed is what one wants to know of first.
  const first = failed === undefined ? null : { step: failed.name };
  const looked = hovered ?? chosen ?? first;
  return (
    <>
      <p className="cellmill-Words cellmill-Quiet">
        <button
          type="button"
          className="cellmill-Link"
          title={pipeline.document}
          onClick={() => onOpen(pipeline.document)}
        >
          {fileName(pipeline.document)}
        </button>
        {pipeline.source === null ? null : trans.__(', split from %1', fileName(pipeline.source))}
      </p>
      <Problem words={pipeline.problem} />
      <div className="cellmill-Buttons">
        <button
          type="button"
          className="cellmill-Button cellmill-mod-primary"
          title={trans.__('Run what has changed, and what comes after it')}
          disabled={asking || isRunning || pipeline.problem !== null}
          onClick={() => onRun(null)}
        >
          {trans.__('Run')}
        </button>
        {isRunning ? (
          <button
            type="button"
            className="cellmill-Button"
            disabled={asking || run.is_cancelled}
            onClick={onCancel}
          >
            {trans.__('Cancel')}
          </button>
        ) : null}
      </div>
      <Standing
        words={run === null ? null : runWords(run, trans)}
        isRunning={isRunning}
        trans={trans}
      />
      <Problem words={isRunning ? null : (run?.message ?? null)} />
      {pipeline.steps.length === 0 && pipeline.problem === null ? (
        <Empty
          title={trans.__('It has no step.')}
          next={trans.__('Add one to its pipeline.yaml.')}
        />
      ) : (
        <Graph
          pipeline={pipeline}
          run={run}
          looked={looked}
          onLook={look}
          onHover={hover}
          onOpen={step => onOpen(step.notebook)}
          trans={trans}
        />
      )}
      <LookedAt {...props} looked={looked} />
      {run?.notes.map(note => (
        <p key={note} className="cellmill-Words cellmill-Quiet">
          {note}
        </p>
      ))}
    </>
  );
}

function LookedAt(
  props: IPipelineViewProps & { readonly pipeline: WirePipeline; readonly looked: Looked | null }
): React.JSX.Element | null {
  const { pipeline, looked, trans } = props;
  if (looked === null) {
    return pipeline.steps.length === 0 ? null : (
      <p className="cellmill-Words cellmill-Quiet">
        {trans.__(
          'Point at a step or an edge; a click keeps it here, a double click opens a step’s notebook.'
        )}
      </p>
    );
  }
  if ('step' in looked) {
    const step = pipeline.steps.find(one => one.name === looked.step);
    return step === undefined ? null : <StepFacts {...props} step={step} />;
  }
  const edge = pipeline.edges.find(
    one => one.before === looked.before && one.after === looked.after
  );
  return edge === undefined ? null : (
    <div className="cellmill-Looked">
      <h3>{trans.__('%1 to %2', edge.before, edge.after)}</h3>
      <p>{crossingWords(edge, trans)}</p>
    </div>
  );
}

function StepFacts(
  props: IPipelineViewProps & { readonly pipeline: WirePipeline; readonly step: WireStep }
): React.JSX.Element {
  const { pipelines, pipeline, step, nowMs, onOpen, onOpenFailed, onRun, trans } = props;
  const { run, asking } = pipelines;
  const now = stepNow(step, run);
  const { output } = now;
  const gives = pipeline.edges.filter(edge => edge.before === step.name && carries(edge));
  const takes = pipeline.edges.filter(edge => edge.after === step.name && carries(edge));
  return (
    <div className="cellmill-Looked" aria-live="off">
      <h3>
        <Breakable name={step.name} />
      </h3>
      <p>{whyWords(now, trans) ?? stageWords(now.stage, trans)}</p>
      {now.error === null ? null : (
        <div className="cellmill-Note" data-tone="error">
          {now.error}
        </div>
      )}
      {step.when === null ? null : <p>{trans.__('when %1', step.when)}</p>}
      {step.loop === null ? null : <p>{step.loop}</p>}
      {takes.map(edge => (
        <p key={edge.before} className="cellmill-Quiet">
          {trans.__('from %1: %2', edge.before, crossingWords(edge, trans))}
        </p>
      ))}
      {gives.map(edge => (
        <p key={edge.after} className="cellmill-Quiet">
          {trans.__('to %1: %2', edge.after, crossingWords(edge, trans))}
        </p>
      ))}
      {step.ran_ms === null || step.seconds === null ? null : (
        <p className="cellmill-Quiet">
          {trans.__(
            'ran %1, for %2',
            ageWords(step.ran_ms, nowMs, trans),
            durationWords(step.seconds * 1000, trans)
          )}
        </p>
      )}
      <div className="cellmill-Buttons">
        <button type="button" className="cellmill-Button" onClick={() => onOpen(step.notebook)}>
          {trans.__('Open notebook')}
        </button>
        {output === null ? null : (
          <button
            type="button"
            className="cellmill-Button"
            onClick={() => (now.stage === 'failed' ? onOpenFailed(output) : onOpen(output))}
          >
            {now.stage === 'failed'
              ? trans.__('Show failing cell')
              : trans.__('Open executed notebook')}
          </button>
        )}
        <button
          type="button"
          className="cellmill-Button"
          title={trans.__('Run this step in any case, and then what comes after it')}
          disabled={asking || run?.stage === 'running' || pipeline.problem !== null}
          onClick={() => onRun(step.name)}
        >
          {trans.__('Run from here')}
        </button>
      </div>
    </div>
  );
}

function carries(edge: WireEdge): boolean {
  return edge.names.length > 0 || edge.files.length > 0;
}
