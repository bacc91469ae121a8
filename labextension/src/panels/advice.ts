/** What a person reads when something went wrong: what it is, and what to do about it. */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Trouble } from '../api/trouble';

export interface IAdvice {
  readonly what: string;
  readonly next: string;
}

/** The switch is exhaustive: a new kind of error does not compile until it has its advice. */
export function advise(trouble: Trouble, trans: TranslationBundle): IAdvice {
  switch (trouble.kind) {
    case 'unknown_run':
      return {
        what: trans.__('The run %1 is not there any more.', trouble.run),
        next: trans.__('Its record may have been deleted. Refresh the list and choose another run.')
      };
    case 'ambiguous_run':
      return {
        what: trans.__('Several runs begin with %1: %2.', trouble.run, trouble.matches.join(', ')),
        next: trans.__('Choose one of them from the list.')
      };
    case 'run_without_model':
      return {
        what: trans.__('This run has no model to register: %1.', trouble.reason),
        next: trans.__('Choose another run, or run the cell that trains it again.')
      };
    case 'run_without_recipe':
      return {
        what: trans.__('This run has no recipe: %1.', trouble.reason),
        next: trans.__('Run the cell that trains it again, with capture on.')
      };
    case 'not_a_bundle':
      return {
        what: trans.__('%1 is no bundle: %2.', trouble.path, trouble.reason),
        next: trans.__('Make one with cellmill bundle.')
      };
    case 'environment_not_built':
      return {
        what: trans.__(
          'The environment of run %1 could not be made again: %2.',
          trouble.run,
          trouble.reason
        ),
        next: trans.__('Replay it in this environment instead.')
      };
    case 'no_scratch':
      return {
        what: trans.__(
          'There is no folder for a replay at %1: %2.',
          trouble.folder,
          trouble.reason
        ),
        next: trans.__('Free some space on the server, then retry.')
      };
    case 'replay_under_way':
      return {
        what: trans.__('The run %1 is being replayed already.', trouble.run),
        next: trans.__('Its verdict appears here when it is over.')
      };
    case 'store_unreachable':
      return {
        what: trans.__('MLflow at %1 does not answer (%2).', trouble.store, trouble.reason),
        next: trans.__('Nothing is lost: runs are recorded once it is back. Then retry.')
      };
    case 'store_locked':
      return {
        what: trans.__('Another program holds %1.', trouble.store),
        next: trans.__('Nothing is lost: runs are recorded once it is free. Retry in a moment.')
      };
    case 'store_refused':
      return {
        what: trans.__('MLflow at %1 refused: %2.', trouble.store, trouble.reason),
        next: trans.__('Mend what it names, then retry.')
      };
    case 'invalid_model_name':
      return {
        what: trans.__('“%1” cannot name a model: %2.', trouble.name, trouble.reason),
        next: trans.__('Choose a name like flight-delay.')
      };
    case 'invalid_alias':
      return {
        what: trans.__('“%1” cannot be an alias: %2.', trouble.alias, trouble.reason),
        next: trans.__('Choose a word like challenger, or leave it empty.')
      };
    case 'folder_not_writable':
      return {
        what: trans.__('Cannot write in %1: %2.', trouble.folder, trouble.reason),
        next: trans.__('Make the folder writable, or work in another one.')
      };
    case 'bad_settings':
      return {
        what: trans.__('The settings in %1 cannot be used: %2.', trouble.path, trouble.reason),
        next: trans.__('Mend that line, or remove the file to return to the defaults.')
      };
    case 'no_session':
      return {
        what: trans.__('No kernel of %1 is being captured.', trouble.notebook),
        next: trans.__('Start its kernel, or restart it, then try again.')
      };
    case 'bad_request':
      return {
        what: trans.__('The server did not understand: %1', trouble.message),
        next: trans.__('Reload the page: it may be older than the server.')
      };
    case 'not_found':
      return {
        what: trans.__('This is not there: %1.', trouble.message),
        next: trans.__('It may have been deleted or moved. Refresh the list.')
      };
    case 'internal':
      return {
        what: trans.__('Cellmill failed: %1', trouble.message),
        next: trans.__('Retry. If it stays, report it with what the server’s log says.')
      };
    case 'offline':
      return {
        what: trans.__('The Jupyter server does not answer.'),
        next: trans.__('Check that it still runs and that you are online, then retry.')
      };
    case 'forbidden':
      return {
        what: trans.__('You are not allowed to do this (%1).', trouble.message),
        next: trans.__('Log in again, or ask whoever runs this server for access.')
      };
    case 'not_installed':
      return {
        what: trans.__('This Jupyter server does not know Cellmill.'),
        next: trans.__('Switch it on with: jupyter server extension enable cellmill. Then restart.')
      };
    case 'refused':
      return {
        what: trans.__('Jupyter could not do this: %1', trouble.message),
        next: trans.__('Mend what it names, then retry.')
      };
    case 'not_saved':
      return {
        what:
          trouble.message === ''
            ? trans.__('%1 was not saved, so nothing was done.', trouble.path)
            : trans.__('%1 could not be saved: %2', trouble.path, trouble.message),
        next: trans.__('What counts is the file: save it, then retry.')
      };
    case 'unreadable':
      return {
        what: trans.__('The answer could not be read (%1).', trouble.message),
        next: trans.__('A proxy may stand between you and the server. Reload the page.')
      };
    default:
      return unheardOf(trouble, trans);
  }
}

/** Return the advice as one text, for notifications and tooltips. */
export function adviceLine(trouble: Trouble, trans: TranslationBundle): string {
  const { what, next } = advise(trouble, trans);
  return `${what} ${next}`;
}

/** A newer server may name kinds that this build does not know; its message still says what to do. */
function unheardOf(trouble: never, trans: TranslationBundle): IAdvice {
  return {
    what: (trouble as Trouble).message,
    next: trans.__('Reload the page: the server is newer than this page.')
  };
}
