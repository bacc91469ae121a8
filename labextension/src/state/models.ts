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
import { folderOf, type CurrentNotebook } from './notebook';
import { Watched } from './watched';

export interface IModels {
  readonly list: IFetched<ModelList>;
}

interface IQuestion {
  readonly answer: Promise<ModelList>;
  /** Something was registered since: the answer may not have it. */
  outdated: boolean;
}

export class ModelsState extends Watched<IModels> {
  private readonly list = new Latest<ModelList>(list => this.put({ list }));
  /** What is not answered yet, by notebook. A store that hangs would gather one for each look. */
  private readonly open = new Map<string | null, IQuestion>();
  private readonly again = new Burst(() => this.refreshIfSeen());
  private seen = false;
  private stale = true;
  private folder: string | null;

  constructor(
    private readonly api: IModelsApi,
    private readonly notebook: CurrentNotebook,
    changes: IChanges
  ) {
    super({ list: NOTHING });
    this.folder = folderOf(notebook.now.path);
    notebook.changed.connect((_, { path }) => this.follow(path));
    changes.changed.connect((_, { subject }) => {
      if (subject === 'models') {
        this.outdate();
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
    return this.list.ask(() => this.ask(this.notebook.now.path));
  }

  /** Return what would be recorded. Throws `Failed`. */
  preview(run: string): Promise<RegistrationPreview> {
    return this.api.preview(run);
  }

  /** Register, and show it. Throws `Failed`, and then nothing was registered. */
  async register(asked: RegistrationAsked): Promise<WireVersion> {
    const version = await this.api.register(asked);
    this.outdate();
    void this.refresh();
    return version;
  }

  /** Another notebook may lie in another project, with another store: what is shown would be taken for its models. */
  private follow(path: string | null): void {
    const folder = folderOf(path);
    if (folder !== this.folder) {
      this.folder = folder;
      this.list.forget();
    }
    this.again.call();
  }

  private refreshIfSeen(): void {
    this.stale = true;
    this.look(this.seen);
  }

  private outdate(): void {
    for (const question of this.open.values()) {
      question.outdated = true;
    }
  }

  private async ask(notebook: string | null): Promise<ModelList> {
    const open = this.open.get(notebook);
    if (open && !open.outdated) {
      return open.answer;
    }
    if (open) {
      await open.answer.catch(() => undefined); // whoever asked that hears of it
      return this.ask(notebook);
    }
    const answer = this.api.list(notebook).finally(() => this.open.delete(notebook));
    this.open.set(notebook, { answer, outdated: false });
    return answer;
  }
}
