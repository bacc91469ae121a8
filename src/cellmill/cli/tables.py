"""Tables that a person likes to read, on a terminal of any width.

What a user wrote goes in as `Text`: rich would read a `[…]` in a plain string as markup.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from cellmill.core.clock import now_ms
from cellmill.core.models import RegisteredModel, Version
from cellmill.core.parameters import Parameter, Proposal
from cellmill.core.recipes import Recipe
from cellmill.core.runs import Run
from cellmill.core.sweeps import Sweep
from cellmill.core.verdicts import Verdict
from cellmill.core.words import age, count, number, size
from cellmill.replay.compare import Comparison

if TYPE_CHECKING:
    from cellmill.wiring.sweeping import Standing

_COLOURS = {"finished": "green", "failed": "red", "interrupted": "yellow", "running": "cyan"}
SHOWN_METRICS, SHOWN_PARAMETERS, LONGEST_PARAMETER = 3, 6, 28


def console() -> Console:
    """Return where tables are printed: as wide as the terminal, or as wide as they like where there is none."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=200)


def print_runs(runs: tuple[Run, ...], *, among: tuple[Run, ...] = ()) -> None:
    """Print runs, one a row. A notebook that all share is said once, above. Trials are counted `among` these."""
    notebooks = {run.notebook for run in runs}
    columns = ["run", "model", "status", "parameters", "metrics", "when"]
    if len(notebooks) > 1:
        columns.insert(1, "notebook")
    table = _table(*columns)
    for column in table.columns:
        column.no_wrap = column.header not in ("notebook", "parameters", "metrics")
    now = now_ms()
    for run in runs:
        trials = sum(1 for other in among or runs if other.parent == run.run)
        cells = [
            Text(run.run, style="bold"),
            Text(run.short_class).append(f"\n{count(trials, 'trial')}" if trials else "", style="dim"),
            _status(run),
            Text("\n".join(_parameters(run))),
            _metrics(run),
            Text(age(run.started_ms, now)),
        ]
        if len(notebooks) > 1:
            cells.insert(1, Text(run.notebook or ""))
        table.add_row(*cells)
    out = console()
    if len(notebooks) == 1:
        out.print(Text(next(iter(notebooks)) or "a notebook whose name nobody has said", style="bold"))
    out.print(table)


def print_run(run: Run, store_id: str | None) -> None:
    """Print one run whole."""
    out = console()
    head = Text.assemble((run.model_class, "bold"), f"  {run.run}  ")
    out.print(head, _status(run), age(run.started_ms, now_ms()))
    if run.error is not None:
        out.print(Text(f"{run.error.type}: {run.error.message}", style="red"))
    for reason in run.incomplete:
        out.print(Text(f"incomplete: {reason}", style="yellow"))
    facts = _table("", "")
    facts.show_header = False
    model = size(run.model.size_bytes) if run.model else f"none: {run.model_note}" if run.model_note else "none"
    for name, value in (
        ("notebook", run.notebook or "unknown"),
        ("session", run.session),
        ("MLflow run", store_id or "not recorded yet"),
        ("also tracked by", ", ".join(f"{t.system} {t.id}" for t in run.tracked)),
        ("trial of", run.parent or ""),
        ("model", model),
        ("replay", f"{run.verdict.judgement}, {run.verdict.detail}" if run.verdict else ""),
        *_surroundings(run),
    ):
        if value:
            facts.add_row(name, Text(value))
    out.print(facts)
    _print_rows(out, "parameters", [(p.name, p.value, p.source) for p in run.parameters], ("name", "value", "from"))
    _print_rows(out, "metrics", [(n, number(v)) for n, v in run.last_metrics.items()], ("name", "value"))
    sources = [(source.kind, source.name, (source.digest or "")[:10]) for source in run.sources]
    _print_rows(out, "where the data came from", sources, ("", "", "sha256"))
    data = [(u.name, u.context, f"{u.rows:,} × {len(u.columns)}", u.digest) for u in run.data]
    _print_rows(out, "data", data, ("name", "context", "rows × columns", "digest"))
    executions = [
        (f"[{p.execution.number}]", p.part, p.execution.cell or "", _first_line(p.execution.source))
        for p in run.executions
    ]
    _print_rows(out, "executions", executions, ("", "part", "cell", "source"))


def _surroundings(run: Run) -> list[tuple[str, str]]:
    around = run.surroundings
    if around is None:
        return []
    machine = [around.platform, f"{around.cores} cores" if around.cores else ""]
    machine += [size(around.memory_bytes)] if around.memory_bytes else []
    git = around.git
    changed = ", with uncommitted changes" if git is not None and git.diff else ""
    return [
        ("python", f"{around.python}, {count(len(around.distributions), 'imported distribution')}"),
        ("machine", ", ".join(filter(None, machine))),
        ("user", around.user or ""),
        ("git", f"{git.branch or 'detached'} {git.commit[:10]}{changed}" if git is not None else ""),
    ]


def print_comparison(comparison: Comparison) -> None:
    """Print runs side by side, the best value of each metric marked."""
    table = _table("", *(run.run for run in comparison.runs))
    table.add_row("model", *(Text(run.short_class) for run in comparison.runs))
    table.add_section()
    for row in comparison.parameters:
        table.add_row(Text(row.name), *(Text("" if value is None else str(value)) for value in row.values))
    table.add_section()
    for row in comparison.metrics:
        values = [Text("" if value is None else number(float(value))) for value in row.values]
        if row.best is not None:
            values[row.best] = values[row.best].append(" ✓")
            values[row.best].stylize("bold green")
        table.add_row(Text(row.name), *values)
    console().print(table)


def print_models(models: tuple[RegisteredModel, ...]) -> None:
    """Print the registry, a version a row."""
    table = _table("model", "version", "aliases", "run", "notebook", "registered")
    now = now_ms()
    for model in models:
        for version in model.versions:
            table.add_row(
                Text(model.name),
                version.version,
                Text(", ".join(version.aliases)),
                version.run or "",
                Text(version.notebook or ""),
                age(version.created_ms, now),
            )
    console().print(table)


def print_version(version: Version) -> None:
    """Print a version that was just registered."""
    said = Text.assemble("Registered ", (version.name, "bold"), " version ", (version.version, "bold"))
    if version.aliases:
        said.append(" with the alias ").append(version.aliases[0], style="bold")
    console().print(said.append(f", from run {version.run}."))


def print_parameters(parameters: Sequence[Parameter]) -> None:
    """Print what a notebook declares."""
    table = _table("parameter", "type", "default", "allowed", "")
    for one in parameters:
        table.add_row(
            Text(one.name, style="bold"),
            Text(one.annotation or one.kind),
            Text(_shortened(repr(one.default))),
            Text(one.bounds.words),
            Text(one.help or ""),
        )
    console().print(table)


def print_proposals(proposals: Sequence[Proposal]) -> None:
    """Print values worth turning, with where they stand and what they come to."""
    table = _table("name", "type", "value", "sensible", "cell", "where", "goes into")
    for one in proposals:
        seen = f"\nseen: {', '.join(_shortened(value) for value in one.seen)}" if len(one.seen) > 1 else ""
        table.add_row(
            Text(one.name, style="bold"),
            Text(one.kind),
            Text(_shortened(repr(one.default))),
            Text(one.bounds.words),
            str(one.number),
            Text(one.written + (f"  # {one.help}" if one.help else "")).append(seen, style="dim"),
            ", ".join(one.reaches),
        )
    console().print(table)


def sweep_table(sweep: Sweep, limit: int | None, standing: "Standing | None" = None) -> Group:
    """Return a sweep as it stands: its trials, best first, and then those that came to nothing."""
    axes = [axis.name for axis in sweep.plan.axes]
    table = _table("trial", *axes, sweep.plan.metric, "took", "")
    others = [trial for trial in sweep.trials if trial not in sweep.ranked]
    shown = [*sweep.ranked, *reversed(others)]
    for trial in shown[:limit]:
        is_best = trial is sweep.best
        table.add_row(
            Text(str(trial.number), style="bold" if is_best else ""),
            *(Text(_turned(trial.parameters.get(name))) for name in axes),
            Text(number(trial.value) if trial.value is not None else "", style="green" if is_best else ""),
            f"{trial.seconds:.1f} s",
            Text(trial.error or ("" if trial.state == "finished" else trial.state), style="yellow"),
        )
    head = f"{len(sweep.trials)} of {sweep.plan.size} trials, {sweep.plan.metric} {sweep.plan.direction}d"
    more = _at(standing) if standing is not None else ""
    return Group(Text(f"sweep {sweep.sweep}: {head}{more}", style="bold"), table)


def _at(standing: "Standing") -> str:
    """Say what a sweep is at, and what Ctrl-C does."""
    running, unrecorded = standing.running, standing.unrecorded
    if running and standing.is_stopping:
        return f", stopping {count(running, 'trial')}"
    if running:
        return f", {running} under way" + (f", {unrecorded} to record" if unrecorded else "")
    if unrecorded:
        return f", recording {count(unrecorded, 'trial')} in MLflow (Ctrl-C leaves that to --resume)"
    return ""


def _turned(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else _shortened(str(value))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_PARAMETER else text[: LONGEST_PARAMETER - 1] + "…"


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for index, column in enumerate(columns):
        table.add_column(escape(column), overflow="fold", no_wrap=index == 0)  # a metric's name, say
    return table


def _print_rows(out: Console, title: str, rows: Sequence[tuple[str, ...]], columns: tuple[str, ...]) -> None:
    if rows:
        table = _table(*columns)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        out.print(Text(f"\n{title}", style="bold"))
        out.print(table)


def _status(run: Run) -> Text:
    return Text(run.status + (" (incomplete)" if run.incomplete else ""), style=_COLOURS[run.status])


def _metrics(run: Run) -> Text:
    shown = list(run.telling_metrics.items())
    text = Text()
    for index, (name, value) in enumerate(shown[:SHOWN_METRICS]):
        text.append("\n" if index else "").append(f"{name} ").append(number(value), style="bold")
    if len(shown) > SHOWN_METRICS:
        text.append(f"\nand {len(shown) - SHOWN_METRICS} more", style="dim")
    return text


def _parameters(run: Run) -> list[str]:
    """The notebook's own, for those are what a person turns; where there are none, the first of the estimator's."""
    turned = [parameter for parameter in run.parameters if parameter.source == "notebook"]
    shown = [f"{parameter.name} {parameter.value}" for parameter in turned or run.parameters[:3]]
    more = len(run.parameters) - min(len(shown), SHOWN_PARAMETERS)
    lines = [line if len(line) <= LONGEST_PARAMETER else f"{line[: LONGEST_PARAMETER - 1]}…" for line in shown]
    return lines[:SHOWN_PARAMETERS] + ([f"and {more} more"] if more > 0 else [])


def _first_line(source: str) -> str:
    lines = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return (lines or [""])[0][:70]


def print_recipe(recipe: Recipe, notebook: dict[str, Any]) -> None:
    """Print a recipe's code, each cell under the reasons why it is there."""
    out = console()
    out.print(Text(f"{count(len(recipe.ingredients), 'execution')} of {recipe.of} make run {recipe.run}", style="bold"))
    for obstacle in recipe.obstacles:
        out.print(Text(f"It cannot be made again as it was: {obstacle}.", style="yellow"))
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        told = cell["metadata"].get("cellmill")
        head = (
            f"[{told['number']}] {'; '.join(told['why'])}"
            if told
            else ", ".join(cell["metadata"].get("tags", ["imports"]))
        )
        out.print(Text(f"\n# {head}", style="dim"))
        out.print(Syntax(cell["source"], "python", background_color="default"))


_JUDGED = {"exact": "green", "within tolerance": "green", "differs": "red", "stochastic": "yellow", "cannot": "yellow"}


def print_verdict(run: Run, verdict: Verdict) -> None:
    """Print what a replay found: the judgement, why, and the figures that differ side by side."""
    out = console()
    line = Text(f"{run.run}  {run.short_class}  ").append(verdict.judgement, style=f"bold {_JUDGED[verdict.judgement]}")
    if verdict.replays:
        line.append(f"  {count(verdict.compared, 'figure')} compared", style="dim")
        line.append(f", {count(len(verdict.kept), 'execution')} of {verdict.of}, {verdict.seconds:.1f} s", style="dim")
    out.print(line)
    if verdict.reason:
        out.print(Text(f"  {verdict.reason[0].upper()}{verdict.reason[1:]}."))
    if verdict.parted is not None and verdict.judgement == "differs":
        out.print(Text(f"  First seen to differ in execution {verdict.parted}."))
    for note in verdict.notes:
        out.print(Text(f"  {note}", style="dim"))
    rows = [
        (
            f.name if f.what in ("metric", "parameter", "output") else f"{f.what}: {f.name}",
            f.recorded if f.recorded is not None else "none",
            f.replayed if f.replayed is not None else "none",
            f"{f.relative:.1e}" if f.relative else "",
        )
        for f in verdict.figures
    ]
    _print_rows(out, "", rows, ("", "recorded", "replayed", "relative"))
