/** The documents that are open in JupyterLab, for state that knows no widgets. */
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { TranslationBundle } from '@jupyterlab/translation';

import { notSaved } from '../api/trouble';
import { tellWarning } from '../commands/tell';
import type { IDocumentDoors } from '../state/parameters';

export function documentDoors(
  documents: IDocumentManager,
  trans: TranslationBundle
): IDocumentDoors {
  const contextOf = (path: string): ReturnType<IDocumentManager['contextForWidget']> => {
    const widget = documents.findWidget(path);
    return widget === undefined ? undefined : documents.contextForWidget(widget);
  };
  return {
    save: async path => {
      const context = contextOf(path);
      if (context?.model.dirty === true) {
        try {
          await context.save();
        } catch (error) {
          throw notSaved(path, error);
        }
      }
    },
    reload: async path => {
      const context = contextOf(path);
      if (context?.model.dirty === true) {
        // Edited meanwhile: to revert it would throw that away without a question.
        tellWarning(
          trans.__(
            '%1 was changed on disk, and edited here meanwhile. Your edits stay: save them, or choose File → Reload Notebook from Disk.',
            path
          ),
          trans
        );
        return;
      }
      await context?.revert();
    }
  };
}
