/** Whether the current notebook is captured. */
import type { ICaptureApi } from '../api/capture';
import type { IChanges } from '../api/changes';
import type { CaptureStatus } from '../wire/generated';
import { Burst } from './burst';
import { Latest, NOTHING, type IFetched } from './latest';
import type { CurrentNotebook } from './notebook';
import { Watched } from './watched';

export interface ICapture {
  readonly notebook: string | null;
  readonly status: IFetched<CaptureStatus>;
  /** The user asked for a pause or its end, and the server has not answered yet. */
  readonly asking: boolean;
}

export class CaptureState extends Watched<ICapture> {
  private readonly status = new Latest<CaptureStatus>(status => this.put({ status }));
  private readonly again = new Burst(() => void this.refresh());

  constructor(
    private readonly api: ICaptureApi,
    notebook: CurrentNotebook,
    changes: IChanges
  ) {
    super({ notebook: notebook.now.path, status: NOTHING, asking: false });
    notebook.changed.connect((_, { path }) => {
      this.put({ notebook: path });
      this.status.forget();
      void this.refresh();
    });
    notebook.moved.connect(() => this.wake());
    changes.changed.connect((_, change) => {
      const here = change.notebook === null || change.notebook === this.now.notebook;
      if (change.subject === 'capture' && here) {
        this.again.call();
      }
    });
  }

  /** Is there something to pause or to resume? */
  get canToggle(): boolean {
    const capture = this.now.status.value?.capture;
    return (capture === 'on' || capture === 'paused') && !this.now.asking;
  }

  async refresh(): Promise<void> {
    const { notebook } = this.now;
    if (notebook !== null) {
      await this.status.ask(() => this.api.status(notebook));
    }
  }

  /** Pause when on, resume when paused; nothing else can be asked. Throws `Failed`. */
  async toggle(): Promise<void> {
    const { notebook, status } = this.now;
    if (notebook === null || status.value === null || !this.canToggle) {
      return;
    }
    this.put({ asking: true });
    try {
      const wanted = status.value.capture === 'on' ? 'paused' : 'on';
      const answer = await this.api.ask({ notebook, capture: wanted });
      if (notebook === this.now.notebook) {
        this.status.take(answer);
      }
    } finally {
      this.put({ asking: false });
    }
  }

  /** Once capture is on, only an event can end it; until then each sign of life is worth a question. */
  private wake(): void {
    if (this.now.status.value?.capture !== 'on') {
      this.again.call();
    }
  }
}
