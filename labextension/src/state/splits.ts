/** The split of a notebook: where borders may stand, those that are wanted, and what came of them. */
import type { IChanges } from '../api/changes';
import type { ISplitsApi } from '../api/splits';
import { troubleOf, type Trouble } from '../api/trouble';
import type { SplitAnswered, WireBorder, WireSplitPlan } from '../wire/generated';
import { AskAgain } from './again';
import { Burst } from './burst';
import { Latest, NOTHING, type IFetched } from './latest';
import type { IDocumentDoors } from './parameters';
import { Watched } from './watched';

export interface ISplits {
  /** The notebook that is to be split, `null` before one was chosen. */
  readonly notebook: string | null;
  /** Whether the split is shown. What was chosen stays while it is not. */
  readonly isOpen: boolean;
  readonly answer: IFetched<SplitAnswered>;
  /** The name as typed, `null` while it is as suggested. */
  readonly typed: string | null;
  readonly network: boolean;
  /** The numbers of the code cells before which a border is wanted. */
  readonly borders: ReadonlySet<number>;
  readonly asking: boolean;
  /** Why what was asked for last could not be begun. */
  readonly problem: string | null;
  readonly trouble: Trouble | null;
}

const NONE: Omit<ISplits, 'notebook' | 'isOpen' | 'answer'> = {
  typed: null,
  network: false,
  borders: new Set(),
  asking: false,
  problem: null,
  trouble: null
};

export class SplitsState extends Watched<ISplits> {
  private readonly answer = new Latest<SplitAnswered>(answer => this.put({ answer }));
  private readonly again = new Burst(() => void this.look());
  private readonly whileRunning = new AskAgain(
    () => this.isRunning,
    () => void this.look()
  );
  /** What went wrong when it was looked how a split stands: over when that can be told again. */
  private unseen: Trouble | null = null;

  constructor(
    private readonly api: ISplitsApi,
    private readonly doors: Pick<IDocumentDoors, 'save'>,
    /** A pipeline was written. */
    private readonly onMade: (folder: string) => void,
    changes: IChanges
  ) {
    super({ notebook: null, isOpen: false, answer: NOTHING, ...NONE });
    this.changed.connect(() => this.whileRunning.call());
    changes.changed.connect((_, { subject, notebook }) => {
      if (subject === 'splits' && notebook === this.now.notebook) {
        this.again.call();
      }
    });
  }

  get isRunning(): boolean {
    return this.now.answer.value?.split?.stage === 'running';
  }

  /** The name of the pipeline: as typed, else as of the last look, else as suggested. */
  get name(): string {
    return nameOf(this.now);
  }

  async open(notebook: string): Promise<void> {
    if (notebook !== this.now.notebook) {
      this.answer.forget();
      this.put({ notebook, ...NONE });
    }
    this.put({ isOpen: true });
    await this.refresh();
  }

  close(): void {
    this.put({ isOpen: false });
  }

  async refresh(): Promise<void> {
    const { notebook } = this.now;
    if (notebook === null) {
      return;
    }
    this.put({ trouble: null });
    await this.answer.ask(() => this.api.standing(notebook));
    if (this.now.borders.size === 0) {
      this.takeProposal();
    }
  }

  type(name: string): void {
    this.put({ typed: name });
  }

  allowNetwork(network: boolean): void {
    this.put({ network });
  }

  /** Put a border before a code cell, or take it away. Where none can stand, nothing happens. */
  toggle(number: number): void {
    const borders = new Set(this.now.borders);
    if (!borders.delete(number) && this.canStand(number)) {
      borders.add(number);
    }
    this.put({ borders });
  }

  /** Move a border to the next place where one can stand. Returns where it is now. */
  move(number: number, by: 1 | -1): number {
    const { borders } = this.now;
    const places = this.plan?.borders.filter(one => one.reason === null) ?? [];
    const numbers = places.map(one => one.number).filter(one => !borders.has(one));
    const to =
      by > 0 ? numbers.find(one => one > number) : numbers.filter(one => one < number).at(-1);
    if (!borders.has(number) || to === undefined) {
      return number;
    }
    this.put({ borders: new Set([...borders].filter(one => one !== number).concat(to)) });
    return to;
  }

  /** Back to what was proposed. */
  takeProposal(): void {
    const steps = this.plan?.steps ?? [];
    this.put({ borders: new Set(steps.map(step => step.first).filter(first => first > 1)) });
  }

  /** Run the notebook, to see where borders may stand. */
  async propose(): Promise<void> {
    await this.begin(null);
  }

  /** Try the borders, and write the pipeline when it comes to the same. */
  async make(): Promise<void> {
    const at = [...this.now.borders].sort((a, b) => a - b);
    if (at.length > 0) {
      await this.begin(at);
    }
  }

  async cancel(): Promise<void> {
    const { notebook } = this.now;
    if (notebook !== null) {
      await this.asked(notebook, () => this.api.cancel(notebook));
    }
  }

  private get plan(): WireSplitPlan | null {
    return this.now.answer.value?.split?.plan ?? null;
  }

  private canStand(number: number): boolean {
    return this.plan?.borders.find(one => one.number === number)?.reason === null;
  }

  private async begin(at: number[] | null): Promise<void> {
    const { notebook, network } = this.now;
    if (notebook === null || this.isRunning) {
      return;
    }
    const { name } = this;
    await this.asked(notebook, async () => {
      await this.doors.save(notebook);
      return this.api.ask({ notebook, name, at, network });
    });
  }

  /** Something goes on, or is over. */
  private async look(): Promise<void> {
    const { notebook } = this.now;
    if (notebook === null) {
      return;
    }
    try {
      const wasRunning = this.isRunning;
      const answer = await this.api.standing(notebook);
      if (notebook !== this.now.notebook) {
        return;
      }
      this.answer.take(answer);
      const { trouble } = this.now;
      this.put({ trouble: trouble === this.unseen ? null : trouble });
      const { split } = answer;
      if (!wasRunning || split === null || split.stage === 'running') {
        return;
      }
      if (split.kind === 'look') {
        this.takeProposal();
      } else if (split.folder !== null) {
        this.onMade(split.folder);
      }
    } catch (error) {
      if (notebook === this.now.notebook) {
        this.unseen = troubleOf(error);
        this.put({ trouble: this.unseen });
      }
    }
  }

  private async asked(notebook: string, question: () => Promise<SplitAnswered>): Promise<void> {
    this.put({ asking: true, trouble: null, problem: null });
    try {
      const answer = await question();
      if (notebook === this.now.notebook) {
        this.answer.take(answer);
        this.put({ problem: answer.problem });
      }
    } catch (error) {
      if (notebook === this.now.notebook) {
        this.put({ trouble: troubleOf(error) });
      }
    } finally {
      this.put({ asking: false });
    }
  }
}

/** The name that the pipeline will have. */
export function nameOf({ typed, answer }: ISplits): string {
  return typed ?? answer.value?.suggested ?? '';
}

/** A step between two borders, as they are chosen. */
export interface IChosenStep {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** What it is handed, `null` for the first. */
  readonly border: WireBorder | null;
}

/** The steps that chosen borders make. One that was not proposed is called after its heading. */
export function chosenSteps(plan: WireSplitPlan, borders: ReadonlySet<number>): IChosenStep[] {
  const firsts = [1, ...[...borders].sort((a, b) => a - b)];
  return firsts.map((first, index) => ({
    name:
      plan.steps.find(step => step.first === first)?.name ??
      plan.cells.find(cell => cell.number === first)?.heading ??
      '',
    first,
    last: (firsts.at(index + 1) ?? plan.cells.length + 1) - 1,
    border: plan.borders.find(border => border.number === first) ?? null
  }));
}
