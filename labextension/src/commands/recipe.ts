/** The course of opening a recipe: ask for it, keep it beside its notebook under a free name, open it. */
import type { ReplaysState } from '../state/replays';
import type { RunsState } from '../state/runs';
import type { WireRecipe } from '../wire/generated';

/** What the course needs from the world. Paths are JupyterLab's. */
export interface IRecipeDoors {
  /** The names of whatever lies in a folder. */
  names(folder: string): Promise<readonly string[]>;
  save(path: string, notebook: WireRecipe['notebook']): Promise<void>;
  open(path: string): void;
}

/** Returns where it lies now. Throws `Failed`, or what the contents manager throws. */
export async function openRecipe(
  run: string,
  runs: Pick<RunsState, 'find' | 'lookUp'>,
  replays: Pick<ReplaysState, 'recipe'>,
  doors: IRecipeDoors
): Promise<string> {
  const recipe = await replays.recipe(run);
  const { notebook } = runs.find(recipe.run) ?? (await runs.lookUp(recipe.run));
  // Outside of the server's root JupyterLab can write nothing.
  const source = notebook === null || notebook.startsWith('/') ? 'run.ipynb' : notebook;
  const cut = source.lastIndexOf('/') + 1;
  const folder = source.slice(0, cut);
  const taken = new Set(await doors.names(folder));
  const path = folder + freeName(source.slice(cut), recipe.run, taken);
  await doors.save(path, recipe.notebook);
  doors.open(path);
  return path;
}

/** `flights.ipynb` and a run -> `flights-recipe-3f2a91c0ff.ipynb`, with a number when that is taken. */
export function freeName(source: string, run: string, taken: ReadonlySet<string>): string {
  const stem = `${source.replace(/\.ipynb$/, '')}-recipe-${run}`;
  let name = `${stem}.ipynb`;
  for (let number = 2; taken.has(name); number += 1) {
    name = `${stem}-${number}.ipynb`;
  }
  return name;
}
