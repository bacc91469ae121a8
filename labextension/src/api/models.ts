/** Registered models, asked from the server, and the registration of one more version. */
import type {
  ModelList,
  RegistrationAsked,
  RegistrationPreview,
  WireVersion
} from '../wire/generated';
import type { Request } from './request';

export interface IModelsApi {
  list(notebook: string | null): Promise<ModelList>;
  /** What would be recorded if this run were registered. Changes nothing. */
  preview(run: string): Promise<RegistrationPreview>;
  register(asked: RegistrationAsked): Promise<WireVersion>;
}

export class ModelsApi implements IModelsApi {
  constructor(private readonly request: Request) {}

  list(notebook: string | null): Promise<ModelList> {
    return this.request(['models'], { query: { notebook } });
  }

  preview(run: string): Promise<RegistrationPreview> {
    return this.request(['runs', run, 'registration']);
  }

  register(asked: RegistrationAsked): Promise<WireVersion> {
    return this.request(['models'], { method: 'POST', body: asked });
  }
}
