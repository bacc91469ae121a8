/** Whether a notebook is captured, asked from the server. */
import type { CaptureAsked, CaptureStatus } from '../wire/generated';
import type { Request } from './request';

export interface ICaptureApi {
  status(notebook: string): Promise<CaptureStatus>;
  ask(asked: CaptureAsked): Promise<CaptureStatus>;
}

export class CaptureApi implements ICaptureApi {
  constructor(private readonly request: Request) {}

  status(notebook: string): Promise<CaptureStatus> {
    return this.request(['capture'], { query: { notebook } });
  }

  ask(asked: CaptureAsked): Promise<CaptureStatus> {
    return this.request(['capture'], { method: 'PUT', body: asked });
  }
}
