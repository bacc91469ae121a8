/** Commands about registered models. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import {
  RegistrationBody,
  type IRegistrationQuestion,
  type IRegistrationTyped
} from '../panels/models/registration';
import type { ModelsState } from '../state/models';
import { newestWithModel, type RunsState } from '../state/runs';
import type { WireVersion } from '../wire/generated';
import { taking, text } from './args';
import { CommandIDs, type Commands } from './ids';
import { registerRun, type IRegistrationDoors } from './registration';
import { tellProgress, tellTrouble, tellWait } from './tell';

export interface IModelCommandsNeed {
  readonly models: ModelsState;
  readonly runs: RunsState;
  readonly trans: TranslationBundle;
}

export function addModelCommands(commands: Commands, need: IModelCommandsNeed): void {
  const { models, runs, trans } = need;
  const doors = registrationDoors(() => void commands.execute(CommandIDs.show), trans);
  commands.addCommand(CommandIDs.register, {
    label: trans.__('Register Run…'),
    describedBy: { args: taking('run') },
    execute: async args => {
      try {
        await registerRun(text(args, 'run'), models, doors);
      } catch (error) {
        tellTrouble(error, trans);
      }
    }
  });
  commands.addCommand(CommandIDs.registerLatest, {
    label: trans.__('Register Latest Run…'),
    caption: trans.__('Make a model version of the newest run that has a model'),
    describedBy: { args: taking() },
    isEnabled: () => newestWithModel(runs.now.list.value) !== null,
    execute: async () => {
      const run = newestWithModel(runs.now.list.value);
      if (run !== null) {
        await commands.execute(CommandIDs.register, { run: run.run });
      }
    }
  });
  runs.changed.connect(() => commands.notifyCommandChanged(CommandIDs.registerLatest));
}

function registrationDoors(onShow: () => void, trans: TranslationBundle): IRegistrationDoors {
  return {
    waitFor: preview => tellWait(trans.__('Looking up what will be recorded…'), preview),
    ask: question => ask(question, trans),
    begin: ({ name }) => {
      const told = tellProgress(trans.__('Registering %1…', name));
      return {
        registered: version => {
          told.done(registeredWords(version, trans), {
            label: trans.__('Show'),
            callback: onShow
          });
        },
        refused: () => told.withdraw()
      };
    }
  };
}

async function ask(
  question: IRegistrationQuestion,
  trans: TranslationBundle
): Promise<IRegistrationTyped | null> {
  const result = await showDialog<IRegistrationTyped>({
    title: trans.__('Register Model'),
    body: new RegistrationBody(question, trans),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Register') })],
    focusNodeSelector: 'input'
  });
  return result.button.accept ? result.value : null;
}

function registeredWords(
  { name, version, aliases }: WireVersion,
  trans: TranslationBundle
): string {
  return aliases.length === 0
    ? trans.__('Registered %1, version %2.', name, version)
    : trans.__('Registered %1, version %2, as %3.', name, version, aliases.join(', '));
}
