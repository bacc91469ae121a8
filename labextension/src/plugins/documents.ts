/** The documents that are open in JupyterLab, for state that knows no widgets. */
import type { IDocumentManager } from '@jupyterlab/docmanager';

import type { IDocumentDoors } from '../state/parameters';

export function documentDoors(documents: IDocumentManager): IDocumentDoors {
  const contextOf = (path: string): ReturnType<IDocumentManager['contextForWidget']> => {
    const widget = documents.findWidget(path);
    return widget === undefined ? undefined : documents.contextForWidget(widget);
  };
  return {
    save: async path => {
      const context = contextOf(path);
      if (context?.model.dirty === true) {
        await context.save();
      }
    },
    reload: async path => {
      await contextOf(path)?.revert();
    }
  };
}
