/** The command that brings the sidebar forward. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';

import { cellmillIcon } from '../panels/frame/icons';
import type { Sidebar } from '../panels/sidebar';
import { taking } from './args';
import { CommandIDs, type Commands } from './ids';

export function addSidebarCommands(
  commands: Commands,
  sidebar: Sidebar,
  shell: JupyterFrontEnd.IShell,
  trans: TranslationBundle
): void {
  commands.addCommand(CommandIDs.show, {
    label: trans.__('Show Cellmill'),
    caption: trans.__('Show runs and registered models'),
    icon: cellmillIcon,
    describedBy: { args: taking() },
    execute: () => shell.activateById(sidebar.id)
  });
}

/** Bring the sidebar forward, and the keyboard with it, for a view that is opened in it next. */
export function bringForward(sidebar: Sidebar, shell: JupyterFrontEnd.IShell): void {
  shell.activateById(sidebar.id);
  sidebar.takeFocus();
}
