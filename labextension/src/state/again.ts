/** What the server tells is lost with a connection: while something runs, it is asked now and then as well. */

const EVERY_MS = 15_000;

export class AskAgain {
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly isWanted: () => boolean,
    private readonly ask: () => void
  ) {}

  /** Something may have begun. */
  call(): void {
    if (this.timer === null && this.isWanted()) {
      this.timer = setTimeout(() => {
        this.timer = null;
        if (this.isWanted()) {
          this.ask();
          this.call();
        }
      }, EVERY_MS);
    }
  }
}
