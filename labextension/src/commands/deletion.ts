/** The course of a deletion: say what goes, ask, and delete. */
import type { RunsState } from '../state/runs';
import type { RunSummary } from '../wire/generated';

/** What the course needs from the world. */
export interface IDeletionDoors {
  /** Resolves to false when the user thinks better of it. */
  confirm(run: RunSummary): Promise<boolean>;
  deleted(run: RunSummary): void;
}

/** Delete a run when the user agrees. Throws `Failed`, and then the run is still there. */
export async function deleteRun(
  run: string,
  runs: Pick<RunsState, 'find' | 'lookUp' | 'remove'>,
  doors: IDeletionDoors
): Promise<void> {
  const found = runs.find(run) ?? (await runs.lookUp(run));
  if (await doors.confirm(found)) {
    await runs.remove(run);
    doors.deleted(found);
  }
}
