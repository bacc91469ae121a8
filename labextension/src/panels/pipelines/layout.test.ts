import { expect, test } from 'vitest';

import { NODE_HEIGHT, layOut, layersOf } from './layout';

const link = (before: string, after: string) => ({ before, after });
const DIAMOND = [
  link('load', 'fit'),
  link('load', 'plot'),
  link('fit', 'report'),
  link('plot', 'report')
];

test('a step lies below all those that it comes after', () => {
  const layers = layersOf(['load', 'fit', 'plot', 'report'], [...DIAMOND, link('load', 'report')]);
  expect(Object.fromEntries(layers)).toEqual({ load: 0, fit: 1, plot: 1, report: 2 });
  expect(layersOf([], [])).toEqual(new Map());
  expect([...layersOf(['a', 'b'], [link('a', 'b'), link('b', 'a')]).values()]).toEqual([0, 1]);
});

test('steps of a layer stand beside one another, each in the middle of its kind', () => {
  const { nodes, width } = layOut(['load', 'fit', 'plot', 'report'], DIAMOND, 300);
  const at = new Map(nodes.map(node => [node.name, node]));
  expect(width).toBe(300);
  expect(at.get('load')).toEqual({ name: 'load', x: 40, y: 12, width: 220 });
  expect(at.get('fit')?.y).toBe(at.get('plot')?.y);
  expect((at.get('fit')?.x ?? 0) + (at.get('fit')?.width ?? 0)).toBeLessThan(
    at.get('plot')?.x ?? 0
  );
});

test('a layer is put in the order in which its edges do not cross', () => {
  const names = ['a', 'b', 'under b', 'under a'];
  const { nodes } = layOut(names, [link('a', 'under a'), link('b', 'under b')], 400);
  const lower = nodes.filter(node => node.name.startsWith('under')).sort((a, b) => a.x - b.x);
  expect(lower.map(node => node.name)).toEqual(['under a', 'under b']);
});

test('an edge past a layer keeps clear of the steps there', () => {
  const links = [link('load', 'fit'), link('fit', 'report'), link('load', 'report')];
  const { nodes, ways } = layOut(['load', 'fit', 'report'], links, 300);
  const fit = nodes.find(node => node.name === 'fit');
  const long = ways.find(way => way.before === 'load' && way.after === 'report');
  const passes = Number(/ (\S+) \S+V/.exec(long?.path ?? '')?.[1]);
  const left = fit?.x ?? 0;
  expect(passes < left || passes > left + (fit?.width ?? 0)).toBe(true);
  expect(long?.head).toMatch(new RegExp(`L\\S+ ${(nodes[2]?.y ?? 0) - 1}L`));
  expect(long?.path).toContain(`V${(fit?.y ?? 0) + NODE_HEIGHT}`);
});

test('many steps beside one another are wider than there is room, and none is too narrow to read', () => {
  const names = Array.from({ length: 9 }, (_, index) => `s${index}`);
  const { nodes, width, height } = layOut(names, [], 250);
  expect(nodes.map(node => node.width)).toEqual(Array.from({ length: 9 }, () => 92));
  expect(width).toBe(12 + 9 * 92 + 8 * 12 + 12);
  expect(height).toBe(12 + NODE_HEIGHT + 12);
});
