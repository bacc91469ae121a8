/** The course of a registration: ask, try, and ask again with what was typed when the registry refuses. */
import { troubleOf, type Trouble } from '../api/trouble';
import type { IRegistrationQuestion, IRegistrationTyped } from '../panels/models/registration';
import type { ModelsState } from '../state/models';
import type { WireVersion } from '../wire/generated';

/** What the course needs from the world. */
export interface IRegistrationDoors {
  /** The store may have to wake up first, which takes seconds. */
  waitFor<T>(preview: Promise<T>): Promise<T>;
  /** Resolves to `null` when the user thinks better of it. */
  ask(question: IRegistrationQuestion): Promise<IRegistrationTyped | null>;
  /** A registration began. */
  begin(typed: IRegistrationTyped): { registered(version: WireVersion): void; refused(): void };
}

/**
 * Register a run's model, as often as the user is willing to mend what was refused.
 *
 * Throws `Failed` when not even the preview can be had. Returns `null` when the user gave up.
 */
export async function registerRun(
  run: string,
  models: Pick<ModelsState, 'preview' | 'register'>,
  doors: IRegistrationDoors
): Promise<WireVersion | null> {
  const preview = await doors.waitFor(models.preview(run));
  let typed: IRegistrationTyped = { name: preview.suggested_name, alias: '' };
  let refused: Trouble | null = null;
  for (;;) {
    const answer = await doors.ask({ preview, typed, refused });
    if (answer === null) {
      return null;
    }
    typed = answer;
    const attempt = doors.begin(typed);
    try {
      const { name, alias } = typed;
      const version = await models.register({ run, name, alias: alias === '' ? null : alias });
      attempt.registered(version);
      return version;
    } catch (error) {
      attempt.refused();
      refused = troubleOf(error);
    }
  }
}
