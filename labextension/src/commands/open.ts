/** Commands that open a view of the current notebook over the sidebar. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { LabIcon } from '@jupyterlab/ui-components';

import type { Sidebar } from '../panels/sidebar';
import type { CurrentNotebook } from '../state/notebook';
import { taking } from './args';
import type { Commands } from './ids';
import { bringForward } from './sidebar';

export interface IOpenCommandNeed {
  readonly notebook: CurrentNotebook;
  readonly sidebar: Sidebar;
  readonly shell: JupyterFrontEnd.IShell;
}

export interface IOpenCommand {
  readonly label: string;
  readonly caption: string;
  readonly icon: LabIcon;
  readonly open: (notebook: string) => Promise<void>;
}

/** Add such a command. It is enabled while there is a notebook. */
export function addOpenCommand(
  commands: Commands,
  id: string,
  { open, ...words }: IOpenCommand,
  { notebook, sidebar, shell }: IOpenCommandNeed
): void {
  commands.addCommand(id, {
    ...words,
    describedBy: { args: taking() },
    isEnabled: () => notebook.now.path !== null,
    execute: async () => {
      const { path } = notebook.now;
      if (path !== null) {
        bringForward(sidebar, shell);
        await open(path);
      }
    }
  });
  notebook.changed.connect(() => commands.notifyCommandChanged(id));
}
