/** Asks again and again, and keeps the answer to the newest question, in whatever order they arrive. */
import { troubleOf, type Trouble } from '../api/trouble';

export interface IFetched<T> {
  /** The last answer. It stays while a newer one is awaited, and when that one fails. */
  readonly value: T | null;
  readonly trouble: Trouble | null;
  readonly loading: boolean;
}

export const NOTHING: IFetched<never> = { value: null, trouble: null, loading: false };

export class Latest<T> {
  private turn = 0;
  private fetched: IFetched<T> = NOTHING;

  constructor(private readonly show: (fetched: IFetched<T>) => void) {}

  /** Never rejects: what goes wrong is shown as `trouble`. */
  async ask(load: () => Promise<T>): Promise<void> {
    const turn = ++this.turn;
    this.put({ ...this.fetched, loading: true });
    try {
      const value = await load();
      if (turn === this.turn) {
        this.put({ value, trouble: null, loading: false });
      }
    } catch (error) {
      if (turn === this.turn) {
        this.put({ value: this.fetched.value, trouble: troubleOf(error), loading: false });
      }
    }
  }

  /** An answer that came by another way. Questions under way are older than it. */
  take(value: T): void {
    this.turn += 1;
    this.put({ value, trouble: null, loading: false });
  }

  /** The old answer is about something else now. */
  forget(): void {
    this.turn += 1;
    this.put(NOTHING);
  }

  private put(fetched: IFetched<T>): void {
    this.fetched = fetched;
    this.show(fetched);
  }
}
