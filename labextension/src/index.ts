/** Cellmill in JupyterLab: one plugin for each thing that can be switched off on its own. */
import { capturePlugin } from './plugins/capture';
import { changesPlugin } from './plugins/changes';
import { marksPlugin } from './plugins/marks';
import { modelsPlugin } from './plugins/models';
import { notebookPlugin } from './plugins/notebook';
import { parametersPlugin } from './plugins/parameters';
import { pipelinesPlugin } from './plugins/pipelines';
import { runsPlugin } from './plugins/runs';
import { sidebarPlugin } from './plugins/sidebar';

export * from './plugins/tokens';

export default [
  notebookPlugin,
  changesPlugin,
  sidebarPlugin,
  runsPlugin,
  marksPlugin,
  pipelinesPlugin,
  modelsPlugin,
  capturePlugin,
  parametersPlugin
];
