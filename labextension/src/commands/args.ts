/** Arguments of commands: all of ours are text. */
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

/** Return the JSON Schema of arguments that are all text, and all needed. */
export function taking(...names: string[]): {
  type: 'object';
  properties: Record<string, { type: 'string' }>;
  required: string[];
} {
  return {
    type: 'object',
    properties: Object.fromEntries(names.map(name => [name, { type: 'string' as const }])),
    required: names
  };
}

/** Return an argument. Another extension may have left it out: then say so, in the console. */
export function text(args: ReadonlyPartialJSONObject, name: string): string {
  const value = args[name];
  if (typeof value !== 'string') {
    throw new TypeError(`This command takes ${JSON.stringify(name)}, a text.`);
  }
  return value;
}
