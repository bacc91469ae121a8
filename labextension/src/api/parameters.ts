/** What can be turned in a notebook, and runs with other values, asked from the server. */
import type {
  ParameterForm,
  ParametersAnswered,
  ParametersAsked,
  PickAsked
} from '../wire/generated';
import type { Address, Request } from './request';

export interface IParametersApi {
  form(notebook: string): Promise<ParameterForm>;
  /** Check values, or begin a run with them. */
  ask(asked: ParametersAsked): Promise<ParametersAnswered>;
  /** How the last run stands, or the check of a pick. */
  activity(notebook: string): Promise<ParametersAnswered>;
  cancel(notebook: string): Promise<ParametersAnswered>;
  pick(asked: PickAsked): Promise<ParametersAnswered>;
  /** Take the last pick back. */
  undo(notebook: string): Promise<ParametersAnswered>;
  /** Where the picture of a sweep is. */
  pictureAddress(sweep: string, isLight: boolean): string;
}

export class ParametersApi implements IParametersApi {
  constructor(
    private readonly request: Request,
    private readonly address: Address
  ) {}

  form(notebook: string): Promise<ParameterForm> {
    return this.request(['parameters'], { query: { notebook } });
  }

  ask(asked: ParametersAsked): Promise<ParametersAnswered> {
    return this.request(['parameters'], { method: 'POST', body: asked });
  }

  activity(notebook: string): Promise<ParametersAnswered> {
    return this.request(['parameters', 'activity'], { query: { notebook } });
  }

  cancel(notebook: string): Promise<ParametersAnswered> {
    return this.request(['parameters', 'activity'], { method: 'DELETE', query: { notebook } });
  }

  pick(asked: PickAsked): Promise<ParametersAnswered> {
    return this.request(['parameters', 'picks'], { method: 'POST', body: asked });
  }

  undo(notebook: string): Promise<ParametersAnswered> {
    return this.request(['parameters', 'picks'], { method: 'DELETE', query: { notebook } });
  }

  pictureAddress(sweep: string, isLight: boolean): string {
    return `${this.address(['sweeps', sweep, 'picture'])}?theme=${isLight ? 'light' : 'dark'}`;
  }
}
