/** Cellmill's own icons. The classes are JupyterLab's, so they follow the theme. */
import { LabIcon } from '@jupyterlab/ui-components';

/** Four cells, turning like a mill. */
export const cellmillIcon = new LabIcon({
  name: 'cellmill:mill',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <rect x="6" y="2.5" width="5" height="8.5" rx="1.5"/>
    <rect x="13" y="6" width="8.5" height="5" rx="1.5"/>
    <rect x="13" y="13" width="5" height="8.5" rx="1.5"/>
    <rect x="2.5" y="13" width="8.5" height="5" rx="1.5"/>
  </g>
</svg>`
});

export const warningIcon = new LabIcon({
  name: 'cellmill:warning',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon-warn0" fill="#f57c00" d="M12 3 1.5 21h21zm-1 7h2v5h-2zm0 6.5h2v2h-2z"/>
</svg>`
});
