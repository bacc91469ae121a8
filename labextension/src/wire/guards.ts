/** Is this what the server said it would send? Only the outline is checked: the types come from the same source. */
import type { Change, ErrorAnswer } from './generated';

/** The schema of `Change` on Jupyter's event stream; the server declares the same id. */
export const CHANGES_SCHEMA_ID = 'tag:cellmill,2026:changes/v1';

const SUBJECTS: ReadonlySet<unknown> = new Set<Change['subject']>([
  'runs',
  'models',
  'capture',
  'parameters',
  'pipelines',
  'splits'
]);

/**
 * Tell an error of ours from whatever a proxy or Jupyter itself may answer.
 *
 * A `kind` that this build has never heard of passes too: its message can still be shown.
 */
export function isErrorAnswer(body: unknown): body is ErrorAnswer {
  return (
    isRecord(body) &&
    isRecord(body.error) &&
    typeof body.error.kind === 'string' &&
    typeof body.error.message === 'string'
  );
}

/** Tell our events from everybody else's on the same stream. */
export function isChange(emission: unknown): emission is Change {
  return (
    isRecord(emission) &&
    emission.schema_id === CHANGES_SCHEMA_ID &&
    SUBJECTS.has(emission.subject) &&
    (emission.notebook === null || typeof emission.notebook === 'string')
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
