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

/** A turn, and the same again. */
export const replayIcon = new LabIcon({
  name: 'cellmill:replay',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M12 5V1.5L7 6l5 4.5V7a6 6 0 1 1-6 6H4a8 8 0 1 0 8-8z"/>
    <path d="m10.2 10 5.2 3-5.2 3z"/>
  </g>
</svg>`
});

/** A notebook that is shorter than the one it came from. */
export const recipeIcon = new LabIcon({
  name: 'cellmill:recipe',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M6 2h12a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm0 2v16h12V4zm2 3h8v2H8zm0 4h8v2H8zm0 4h5v2H8z"/>
</svg>`
});

/** Two sliders. */
export const parametersIcon = new LabIcon({
  name: 'cellmill:parameters',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M3 7h8.2a3 3 0 0 1 5.6 0H21v2h-4.2a3 3 0 0 1-5.6 0H3zm0 8h2.2a3 3 0 0 1 5.6 0H21v2H10.8a3 3 0 0 1-5.6 0H3z"/>
</svg>`
});

/** A step, and two after it. */
export const pipelineIcon = new LabIcon({
  name: 'cellmill:pipeline',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M8 2h8v6h-3v3h6.5a.5.5 0 0 1 .5.5V16h2v6h-8v-6h4v-3H6v3h4v6H2v-6h2v-4.5a.5.5 0 0 1 .5-.5H11V8H8z"/>
</svg>`
});

/** A sheet, cut through. */
export const splitIcon = new LabIcon({
  name: 'cellmill:split',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M5 2h14v7h-2V4H7v5H5zm0 13h2v5h10v-5h2v7H5zm-3-4h4v2H2zm6 0h3v2H8zm5 0h3v2h-3zm5 0h4v2h-4z"/>
</svg>`
});
