/**
 * Where the steps of a pipeline are drawn: in layers from above, each below all those that it comes after.
 *
 * After Sugiyama: layers by the longest way, edges over several layers led through places of their own, and each layer
 * put in the order of its neighbours' means, down and up again.
 */

export interface ILink {
  readonly before: string;
  readonly after: string;
}

export interface IPlace {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface IWay extends ILink {
  /** The data of an SVG path. */
  readonly path: string;
  /** That of its arrow's head. */
  readonly head: string;
}

export interface ILayout {
  readonly nodes: readonly IPlace[];
  readonly ways: readonly IWay[];
  readonly width: number;
  readonly height: number;
}

export const NODE_HEIGHT = 44;
const GAP = 12;
const BETWEEN = 34;
const MARGIN = 12;
const NARROWEST = 92;
const WIDEST = 220;
/** The room of an edge that passes a layer by. */
const PASSING = 14;
const SWEEPS = 6;

/** A step, or an edge on its way past a layer. */
interface ISpot {
  readonly name: string | null;
  readonly above: ISpot[];
  readonly below: ISpot[];
  at: number;
  x: number;
}

/** Return the layer of each step, 0 the uppermost. A cycle, which no pipeline has, ends somewhere. */
export function layersOf(
  names: readonly string[],
  links: readonly ILink[]
): ReadonlyMap<string, number> {
  const layers = new Map(names.map(name => [name, 0]));
  // Each round settles one layer more, so as many as there are steps settle all.
  for (let left = names.length, changed = true; changed && left > 0; left--) {
    changed = false;
    for (const { before, after } of links) {
      const least = (layers.get(before) ?? 0) + 1;
      if ((layers.get(after) ?? 0) < least && least < names.length) {
        layers.set(after, least);
        changed = true;
      }
    }
  }
  return layers;
}

/** Lay steps out in a width, which they may exceed where there are many beside one another. */
export function layOut(
  names: readonly string[],
  links: readonly ILink[],
  available: number
): ILayout {
  const known = new Set(names);
  const ours = links.filter(({ before, after }) => known.has(before) && known.has(after));
  const layers = layersOf(names, ours);
  const rows: ISpot[][] = [];
  const spots = new Map<string, ISpot>();
  for (const name of names) {
    spots.set(name, put(rows, layers.get(name) ?? 0, name));
  }
  const ways = ours.map(link => ({ link, spots: lead(rows, layers, spots, link) }));
  order(rows);

  const nodeWidths = rows.map(row => widthIn(row, available));
  const widthOf = (spot: ISpot, index: number): number =>
    isStep(spot) ? nodeWidths[index] : PASSING;
  const widths = rows.map((row, index) =>
    row.reduce((sum, spot) => sum + widthOf(spot, index) + GAP, -GAP)
  );
  const width = Math.max(available, 2 * MARGIN + Math.max(0, ...widths));
  rows.forEach((row, index) => {
    let left = (width - widths[index]) / 2;
    for (const spot of row) {
      spot.x = left + widthOf(spot, index) / 2;
      left += widthOf(spot, index) + GAP;
    }
  });
  return {
    nodes: rows.flatMap((row, index) =>
      row.filter(isStep).map(spot => ({
        name: spot.name ?? '',
        x: spot.x - nodeWidths[index] / 2,
        y: topOf(index),
        width: nodeWidths[index]
      }))
    ),
    ways: ways.map(({ link, spots }) => ({
      ...link,
      head: headAt(spots.at(-1)?.x ?? 0, topOf(layers.get(link.after) ?? 0)),
      path: pathThrough(
        spots.map(spot => spot.x),
        layers.get(link.before) ?? 0
      )
    })),
    width,
    height: rows.length === 0 ? 0 : topOf(rows.length - 1) + NODE_HEIGHT + MARGIN
  };
}

/** How wide the steps of a layer are: as there is room, and neither too narrow to read nor too wide. */
function widthIn(row: readonly ISpot[], available: number): number {
  const steps = row.filter(isStep).length;
  const gaps = (row.length - 1) * GAP + (row.length - steps) * PASSING;
  const room = (available - 2 * MARGIN - gaps) / Math.max(1, steps);
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, room)));
}

function isStep(spot: ISpot): boolean {
  return spot.name !== null;
}

function topOf(layer: number): number {
  return MARGIN + layer * (NODE_HEIGHT + BETWEEN);
}

function put(rows: ISpot[][], layer: number, name: string | null): ISpot {
  while (rows.length <= layer) {
    rows.push([]);
  }
  const spot: ISpot = { name, above: [], below: [], at: rows[layer].length, x: 0 };
  rows[layer].push(spot);
  return spot;
}

/** Lead an edge from layer to layer. Returns the spots that it passes, its ends among them. */
function lead(
  rows: ISpot[][],
  layers: ReadonlyMap<string, number>,
  spots: ReadonlyMap<string, ISpot>,
  { before, after }: ILink
): ISpot[] {
  const passed = [spots.get(before)].filter(spot => spot !== undefined);
  const last = layers.get(after) ?? 0;
  for (let layer = (layers.get(before) ?? 0) + 1; layer < last; layer++) {
    passed.push(put(rows, layer, null));
  }
  const end = spots.get(after);
  if (end !== undefined) {
    passed.push(end);
  }
  for (let index = 1; index < passed.length; index++) {
    passed[index - 1].below.push(passed[index]);
    passed[index].above.push(passed[index - 1]);
  }
  return passed;
}

/** Bring each layer into the order of its neighbours, so that few edges cross. */
function order(rows: ISpot[][]): void {
  const sort = (row: ISpot[], neighbours: (spot: ISpot) => ISpot[]): void => {
    const means = new Map(row.map(spot => [spot, meanOf(neighbours(spot), spot.at)]));
    row.sort((a, b) => (means.get(a) ?? 0) - (means.get(b) ?? 0) || a.at - b.at);
    row.forEach((spot, at) => {
      spot.at = at;
    });
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    if (sweep % 2 === 0) {
      rows.forEach(row => sort(row, spot => spot.above));
    } else {
      [...rows].reverse().forEach(row => sort(row, spot => spot.below));
    }
  }
}

function meanOf(spots: readonly ISpot[], otherwise: number): number {
  return spots.length === 0
    ? otherwise
    : spots.reduce((sum, spot) => sum + spot.at, 0) / spots.length;
}

/** From the lower border of the first to the upper of the last: curves between layers, lines past them. */
function pathThrough(xs: readonly number[], layer: number): string {
  let path = `M${round(xs[0])} ${topOf(layer) + NODE_HEIGHT}`;
  for (let index = 1; index < xs.length; index++) {
    const from = topOf(layer + index - 1) + NODE_HEIGHT;
    const to = topOf(layer + index);
    const middle = (from + to) / 2;
    path += `C${round(xs[index - 1])} ${middle} ${round(xs[index])} ${middle} ${round(xs[index])} ${to}`;
    if (index < xs.length - 1) {
      path += `V${to + NODE_HEIGHT}`;
    }
  }
  return path;
}

function headAt(x: number, y: number): string {
  return `M${round(x - 4)} ${y - 7}L${round(x)} ${y - 1}L${round(x + 4)} ${y - 7}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
