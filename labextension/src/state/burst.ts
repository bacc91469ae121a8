/** Many calls within a moment become one. */

/** Long enough for the events of one cell to come together, too short to notice. */
const WAIT_MS = 150;

export class Burst {
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly act: () => void,
    private readonly waitMs = WAIT_MS
  ) {}

  /** Act a moment after the first call of a burst: later calls do not put it off, so Run All shows progress. */
  call(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.act();
    }, this.waitMs);
  }
}
