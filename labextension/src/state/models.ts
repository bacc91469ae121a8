/** The registered models, and the way to register one more version. */
import type { IChanges } from '../api/changes';
import type { IModelsApi } from '../api/models';
import type {
  ModelList,
  RegistrationAsked,
  RegistrationPreview,
  WireVersion
} from '../wire/generated';
import { Burst } from './burst';
import { Latest, NOTHING, type IFetched } from './latest';
import type { CurrentNotebook } from './notebook';
import { Watched } from './watched';

export interface IModels {
  readonly list: IFetched<ModelList>;
}

export class ModelsState extends Watched<IModels> {
  private readonly list = new Latest<ModelList>(list => this.put({ list }));
  private readonly again = new Burst(() => this.refreshIfSeen());
  private seen = false;
  private stale = true;

  constructor(
    private readonly api: IModelsApi,
    private readonly notebook: CurrentNotebook,
    changes: IChanges
  ) {
    super({ list: NOTHING });
    // Another notebook may lie in another project, with another store.
    notebook.changed.connect(() => this.again.call());
    changes.changed.connect((_, { subject }) => {
      if (subject === 'models') {
        this.again.call();
      }
    });
  }

  /**
   * Say whether anybody looks. Asking wakes MLflow, which costs seconds and memory, so a
   * JupyterLab whose user never opens the sidebar does not ask.
   */
  look(seen: boolean): void {
    this.seen = seen;
    if (seen && this.stale) {
      void this.refresh();
    }
  }

  refresh(): Promise<void> {
    this.stale = false;
    return this.list.ask(() => this.api.list(this.notebook.now.path));
  }

  /** Return what would be recorded. Throws `Failed`. */
  preview(run: string): Promise<RegistrationPreview> {
    return this.api.preview(run);
  }

  /** Register, and show it. Throws `Failed`, and then nothing was registered. */
  async register(asked: RegistrationAsked): Promise<WireVersion> {
    const version = await this.api.register(asked);
    void this.refresh();
    return version;
  }

  private refreshIfSeen(): void {
    this.stale = true;
    this.look(this.seen);
  }
}
