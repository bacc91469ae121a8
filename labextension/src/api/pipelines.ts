/** Pipelines: which there are, the graph of one, and running it. */
import type {
  PipelineAnswered,
  PipelineList,
  PipelineRunAsked,
  WirePipeline
} from '../wire/generated';
import type { Request } from './request';

export interface IPipelinesApi {
  list(notebook: string | null): Promise<PipelineList>;
  graph(folder: string): Promise<WirePipeline>;
  /** Begin a run. Where the pipeline runs already, none is begun. */
  run(asked: PipelineRunAsked): Promise<PipelineAnswered>;
  /** How the last run stands. */
  standing(folder: string): Promise<PipelineAnswered>;
  cancel(folder: string): Promise<PipelineAnswered>;
}

export class PipelinesApi implements IPipelinesApi {
  constructor(private readonly request: Request) {}

  list(notebook: string | null): Promise<PipelineList> {
    return this.request(['pipelines'], { query: { notebook } });
  }

  graph(folder: string): Promise<WirePipeline> {
    return this.request(['pipelines', 'graph'], { query: { folder } });
  }

  run(asked: PipelineRunAsked): Promise<PipelineAnswered> {
    return this.request(['pipelines', 'runs'], { method: 'POST', body: asked });
  }

  standing(folder: string): Promise<PipelineAnswered> {
    return this.request(['pipelines', 'runs'], { query: { folder } });
  }

  cancel(folder: string): Promise<PipelineAnswered> {
    return this.request(['pipelines', 'runs'], { method: 'DELETE', query: { folder } });
  }
}
