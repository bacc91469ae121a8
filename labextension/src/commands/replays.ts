/** Commands about recipes and replays. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { TranslationBundle } from '@jupyterlab/translation';
import { stopIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { recipeIcon, replayIcon } from '../panels/frame/icons';
import { fileName } from '../panels/frame/names';
import { whyNotReplayed } from '../panels/runs/words';
import type { ReplaysState } from '../state/replays';
import type { RunsState } from '../state/runs';
import type { RunSummary } from '../wire/generated';
import { CommandIDs, type Commands } from './ids';
import { openRecipe, type IRecipeDoors } from './recipe';
import { tellFact, tellTrouble, tellWarning } from './tell';

export interface IReplayCommandsNeed {
  readonly runs: RunsState;
  readonly replays: ReplaysState;
  readonly documents: IDocumentManager;
  readonly trans: TranslationBundle;
  /** The run of the row whose context menu is open. */
  readonly runOfMenu: () => string | undefined;
}

const ARGS = {
  type: 'object',
  properties: { run: { type: 'string' }, from: { type: 'string', enum: ['menu', 'palette'] } }
} as const;

export function addReplayCommands(commands: Commands, need: IReplayCommandsNeed): void {
  const { runs, replays, documents, trans } = need;
  const runOf = (args: ReadonlyPartialJSONObject): string | null => wantedRun(args, need);
  const known = (args: ReadonlyPartialJSONObject): RunSummary | null => {
    const run = runOf(args);
    return run === null ? null : runs.find(run);
  };
  const trying =
    (act: (run: string) => Promise<unknown>) =>
    async (args: ReadonlyPartialJSONObject): Promise<void> => {
      const run = runOf(args);
      if (run === null) {
        return;
      }
      try {
        await act(run);
      } catch (error) {
        tellTrouble(error, trans);
      }
    };
  const canReplay = (run: RunSummary | null): boolean =>
    run !== null && !run.replaying && whyNotReplayed(run, trans) === null;
  commands.addCommand(CommandIDs.replay, {
    label: args =>
      args.from === 'palette' ? trans.__('Replay the Shown or Latest Run') : trans.__('Replay'),
    caption: trans.__('Make this run again from a clean kernel, and compare it with the record'),
    icon: replayIcon,
    describedBy: { args: ARGS },
    isEnabled: args => args.run !== undefined || canReplay(known(args)),
    isVisible: args => args.from !== 'menu' || known(args)?.replaying !== true,
    execute: trying(run => replays.start(run))
  });
  commands.addCommand(CommandIDs.cancelReplay, {
    label: args =>
      args.from === 'palette'
        ? trans.__('Cancel the Replay of the Shown or Latest Run')
        : trans.__('Cancel Replay'),
    icon: stopIcon,
    describedBy: { args: ARGS },
    isEnabled: args => args.run !== undefined || known(args)?.replaying === true,
    isVisible: args => args.from !== 'menu' || known(args)?.replaying === true,
    execute: trying(run => replays.cancel(run))
  });
  commands.addCommand(CommandIDs.openRecipe, {
    label: args =>
      args.from === 'palette'
        ? trans.__('Open the Recipe of the Shown or Latest Run')
        : trans.__('Open Recipe'),
    caption: trans.__('Write the smallest notebook that makes this run again, and open it'),
    icon: recipeIcon,
    describedBy: { args: ARGS },
    isEnabled: args => args.run !== undefined || known(args) !== null,
    execute: trying(run => openRecipe(run, runs, replays, recipeDoors(documents, trans)))
  });
  addNotebookCommand(commands, need);
  runs.changed.connect(() => {
    const ids = [CommandIDs.replay, CommandIDs.cancelReplay, CommandIDs.openRecipe];
    [...ids, CommandIDs.replayAll].forEach(id => commands.notifyCommandChanged(id));
  });
  replays.failed.connect((_, run) => {
    tellWarning(run.replay_problem ?? trans.__('The replay failed.'), trans);
  });
}

function addNotebookCommand(commands: Commands, need: IReplayCommandsNeed): void {
  const { runs, replays, trans } = need;
  const mine = (): readonly RunSummary[] => {
    const { list, notebook } = runs.now;
    return (list.value?.runs ?? []).filter(run => run.notebook === notebook && notebook !== null);
  };
  const isOn = (): boolean => mine().some(run => run.replaying);
  const ready = (): number => mine().filter(run => whyNotReplayed(run, trans) === null).length;
  commands.addCommand(CommandIDs.replayAll, {
    label: () =>
      isOn()
        ? trans.__('Cancel the Replays of This Notebook')
        : trans.__('Replay All Runs of This Notebook…'),
    icon: () => (isOn() ? stopIcon : replayIcon),
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: () => isOn() || ready() > 0,
    execute: async () => {
      const { notebook, list } = runs.now;
      if (notebook === null) {
        return;
      }
      try {
        if (isOn()) {
          await replays.cancelAll(notebook);
          return;
        }
        const count = runs.now.scope === 'notebook' ? (list.value?.total ?? ready()) : ready();
        const { button } = await showDialog({
          title: trans._n('Replay %2 run?', 'Replay %2 runs?', count, String(count)),
          body: trans.__(
            'Each run of %1 is made again from a clean kernel, one after another, while you go on working.',
            fileName(notebook)
          ),
          buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Replay') })]
        });
        if (button.accept) {
          await replays.startAll(notebook);
        }
      } catch (error) {
        tellTrouble(error, trans);
      }
    }
  });
}

/** The run that is meant: the one named, the menu's, or from the palette the one that is shown, else the newest. */
function wantedRun(args: ReadonlyPartialJSONObject, need: IReplayCommandsNeed): string | null {
  if (typeof args.run === 'string') {
    return args.run;
  }
  const { opened, list } = need.runs.now;
  return args.from === 'menu'
    ? (need.runOfMenu() ?? null)
    : (opened ?? list.value?.runs.at(0)?.run ?? null);
}

function recipeDoors(documents: IDocumentManager, trans: TranslationBundle): IRecipeDoors {
  const { contents } = documents.services;
  return {
    names: async folder => {
      const found = await contents.get(folder.replace(/\/$/, ''), { content: true });
      return (found.content as { name: string }[]).map(({ name }) => name);
    },
    save: async (path, notebook) => {
      await contents.save(path, { type: 'notebook', format: 'json', content: notebook });
    },
    open: path => {
      documents.openOrReveal(path);
      tellFact(trans.__('The recipe is in %1.', path), trans);
    }
  };
}
