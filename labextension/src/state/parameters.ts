/** The form of a notebook's parameters: what is typed, what is wrong with it, and the run that it began. */
import type { IChanges } from '../api/changes';
import type { IParametersApi } from '../api/parameters';
import { troubleOf, type Trouble } from '../api/trouble';
import type {
  ParameterForm,
  ParametersAnswered,
  WireActivity,
  WireField,
  WireProblem
} from '../wire/generated';
import { AskAgain } from './again';
import { Burst } from './burst';
import { Latest, NOTHING, type IFetched } from './latest';
import { Watched } from './watched';

/** The notebook's document in JupyterLab. Both do nothing where it is not open. */
export interface IDocumentDoors {
  /** What is run is the file. */
  save(notebook: string): Promise<void>;
  /** The file was changed by somebody else. */
  reload(notebook: string): Promise<void>;
}

export interface IParameters {
  /** The notebook whose form it is, `null` before one was asked for. */
  readonly notebook: string | null;
  /** Whether the form is shown. What is typed stays while it is not. */
  readonly isOpen: boolean;
  readonly form: IFetched<ParameterForm>;
  /** What was typed, by name; what is not here is as the notebook has it. */
  readonly typed: ReadonlyMap<string, string>;
  /** What the server says of it, by name; under `''` what concerns the notebook. */
  readonly problems: ReadonlyMap<string, string>;
  /** The proposals that are ticked. */
  readonly picked: ReadonlySet<string>;
  readonly activity: WireActivity | null;
  /** An answer is awaited. */
  readonly asking: boolean;
  readonly trouble: Trouble | null;
}

/** What the user has begun with a notebook, kept while the form is another's. */
type Draft = Pick<IParameters, 'typed' | 'picked'>;

const NONE: Omit<IParameters, 'notebook' | 'isOpen' | 'form'> = {
  typed: new Map(),
  problems: new Map(),
  picked: new Set(),
  activity: null,
  asking: false,
  trouble: null
};

export class ParametersState extends Watched<IParameters> {
  private readonly form = new Latest<ParameterForm>(form => this.takeForm(form));
  private readonly again = new Burst(() => void this.look());
  private readonly whileRunning = new AskAgain(
    () => this.isRunning || this.picks.size > 0,
    () => this.lookAll()
  );
  private readonly drafts = new Map<string, Draft>();
  /** The notebooks that are being rewritten: their documents are read again, whatever form is shown by then. */
  private readonly picks = new Set<string>();
  /** What went wrong when it was looked how a run stands: over when that can be told again. */
  private unseen: Trouble | null = null;

  constructor(
    private readonly api: IParametersApi,
    private readonly doors: IDocumentDoors,
    changes: IChanges
  ) {
    super({ notebook: null, isOpen: false, form: NOTHING, ...NONE });
    this.changed.connect(() => this.whileRunning.call());
    changes.changed.connect((_, { subject, notebook }) => {
      if (subject !== 'parameters' || notebook === null) {
        return;
      }
      if (notebook === this.now.notebook) {
        this.again.call();
      } else if (this.picks.has(notebook)) {
        void this.lookBack(notebook);
      }
    });
  }

  get isRunning(): boolean {
    return this.now.activity?.stage === 'running';
  }

  /** Show the form of a notebook, as it is on the screen: it is saved first. */
  async open(notebook: string): Promise<void> {
    const { notebook: before, typed, picked } = this.now;
    if (notebook !== before) {
      if (before !== null) {
        this.drafts.set(before, { typed, picked });
      }
      this.form.forget();
      this.put({ notebook, ...NONE, ...this.drafts.get(notebook) });
    }
    this.put({ isOpen: true });
    await this.refresh();
  }

  close(): void {
    this.put({ isOpen: false });
  }

  async refresh(): Promise<void> {
    const { notebook } = this.now;
    if (notebook !== null) {
      this.put({ trouble: null });
      await this.form.ask(async () => {
        await this.doors.save(notebook);
        return this.api.form(notebook);
      });
    }
  }

  type(name: string, text: string): void {
    const typed = new Map(this.now.typed);
    if (text === this.parameter(name)?.default) {
      typed.delete(name);
    } else {
      typed.set(name, text);
    }
    const problems = new Map(this.now.problems);
    if (!typed.has(name)) {
      problems.delete(name);
    }
    this.put({ typed, problems });
  }

  /** A field was left: say what is wrong with it. */
  async leave(name: string): Promise<void> {
    const text = this.now.typed.get(name);
    if (text !== undefined) {
      await this.check(new Map([[name, text]]));
    }
  }

  reset(): void {
    this.put({ typed: new Map(), problems: new Map() });
  }

  /** Begin a run. Returns the first parameter that does not fit, `null` where all do. */
  async run(): Promise<string | null> {
    const { notebook, typed } = this.now;
    if (notebook === null || this.isRunning) {
      return null;
    }
    const texts = Object.fromEntries(typed);
    const answer = await this.asked(notebook, async () => {
      await this.doors.save(notebook);
      return this.api.ask({ notebook, texts, run: true });
    });
    return answer?.problems.at(0)?.name ?? null;
  }

  async cancel(): Promise<void> {
    const { notebook } = this.now;
    if (notebook !== null) {
      await this.asked(notebook, () => this.api.cancel(notebook));
    }
  }

  pick(name: string, wanted: boolean): void {
    const picked = new Set(this.now.picked);
    if (wanted) {
      picked.add(name);
    } else {
      picked.delete(name);
    }
    this.put({ picked });
  }

  /** Make what is ticked parameters. */
  async makeParameters(): Promise<void> {
    const { notebook, picked } = this.now;
    if (notebook !== null && picked.size > 0 && !this.isRunning) {
      await this.asked(notebook, async () => {
        await this.doors.save(notebook);
        return this.api.pick({ notebook, names: [...picked] });
      });
    }
  }

  /** Take the last pick back. */
  async undo(): Promise<void> {
    const { notebook } = this.now;
    if (notebook === null) {
      return;
    }
    const answer = await this.asked(notebook, async () => {
      await this.doors.save(notebook);
      return this.api.undo(notebook);
    });
    if (answer?.problems.length === 0) {
      await this.changedOnDisk(notebook);
    }
  }

  pictureAddress(sweep: string, isLight: boolean): string {
    return this.api.pictureAddress(sweep, isLight);
  }

  private parameter(name: string): WireField | undefined {
    return this.now.form.value?.parameters.find(one => one.name === name);
  }

  private takeForm(form: IFetched<ParameterForm>): void {
    this.put({ form });
    const { notebook } = this.now;
    if (notebook !== null && form.value !== null && !form.loading && form.trouble === null) {
      const proposed = new Set(form.value.proposals.map(({ name }) => name));
      const declared = new Set(form.value.parameters.map(({ name }) => name));
      const { activity } = form.value;
      this.note(notebook, activity);
      const typed = new Map([...this.now.typed].filter(([name]) => declared.has(name)));
      this.put({
        activity,
        picked: new Set([...this.now.picked].filter(name => proposed.has(name))),
        typed,
        problems: new Map() // they were of the notebook as it was
      });
      if (typed.size > 0) {
        void this.check(typed);
      }
    }
  }

  /** Find out what is wrong with values, and say so of those that have not been typed over meanwhile. */
  private async check(texts: ReadonlyMap<string, string>): Promise<void> {
    const { notebook } = this.now;
    if (notebook === null) {
      return;
    }
    try {
      const asked = { notebook, texts: Object.fromEntries(texts), run: false };
      const answer = await this.api.ask(asked);
      if (this.now.notebook === notebook) {
        const still = new Set(
          [...texts]
            .filter(([name, text]) => this.now.typed.get(name) === text)
            .map(([name]) => name)
        );
        const problems = new Map(this.now.problems);
        still.forEach(name => problems.delete(name));
        const found = answer.problems.filter(({ name }) => name === '' || still.has(name));
        this.put({ problems: withProblems(problems, found) });
      }
    } catch {
      // Whoever runs it hears of it.
    }
  }

  /** Something goes on, or is over. */
  private async look(): Promise<void> {
    const { notebook } = this.now;
    if (notebook === null) {
      return;
    }
    try {
      const { activity } = await this.api.activity(notebook);
      if (notebook === this.now.notebook) {
        const { trouble } = this.now;
        this.put({ activity, trouble: trouble === this.unseen ? null : trouble });
      }
      this.note(notebook, activity);
    } catch (error) {
      this.unseen = troubleOf(error);
      this.fail(notebook, this.unseen);
    }
  }

  /** What was begun with a notebook whose form is not shown any more may be over. */
  private async lookBack(notebook: string): Promise<void> {
    try {
      this.note(notebook, (await this.api.activity(notebook)).activity);
    } catch (error) {
      this.fail(notebook, troubleOf(error)); // it is asked again: its pick is not known to be over
    }
  }

  private lookAll(): void {
    const { notebook: shown } = this.now;
    if (this.isRunning || (shown !== null && this.picks.has(shown))) {
      void this.look();
    }
    const others = [...this.picks].filter(notebook => notebook !== shown);
    others.forEach(notebook => void this.lookBack(notebook));
  }

  /** Take notice of how things stand: a pick that was under way may have rewritten the notebook. */
  private note(notebook: string, activity: WireActivity | null): void {
    if (activity?.kind === 'pick' && activity.stage === 'running') {
      this.picks.add(notebook);
    } else if (this.picks.delete(notebook)) {
      if (activity?.kind === 'pick' && activity.stage === 'ended') {
        void this.changedOnDisk(notebook);
      }
    }
  }

  /** What went wrong with another notebook than the one that is shown is not told over that. */
  private fail(notebook: string, trouble: Trouble): void {
    if (notebook === this.now.notebook) {
      this.put({ trouble });
    }
  }

  private async changedOnDisk(notebook: string): Promise<void> {
    try {
      await this.doors.reload(notebook);
    } catch (error) {
      this.fail(notebook, troubleOf(error));
    }
    if (notebook === this.now.notebook) {
      await this.form.ask(() => this.api.form(notebook));
    }
  }

  private async asked(
    notebook: string,
    question: () => Promise<ParametersAnswered>
  ): Promise<ParametersAnswered | null> {
    this.put({ asking: true, trouble: null });
    try {
      const answer = await question();
      this.note(notebook, answer.activity);
      if (notebook === this.now.notebook) {
        const problems = withProblems(new Map(), answer.problems);
        this.put({ problems, activity: answer.activity });
      }
      return answer;
    } catch (error) {
      this.fail(notebook, troubleOf(error));
      return null;
    } finally {
      this.put({ asking: false });
    }
  }
}

function withProblems(
  problems: Map<string, string>,
  found: readonly WireProblem[]
): ReadonlyMap<string, string> {
  found.forEach(({ name, message }) => problems.set(name, message));
  return problems;
}
