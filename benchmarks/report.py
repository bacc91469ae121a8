"""Figures as people and as programs read them."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Conditions, Estimate, Figure
from cellmill.core.files import write_atomically


def print_table(console: Console, conditions: Conditions, figures: Sequence[Figure]) -> None:
    """Print every figure beside its peer and its target."""
    table = Table(title="What Cellmill costs", title_justify="left", caption_justify="left")
    table.add_column("figure")
    table.add_column("ours", justify="right", no_wrap=True)
    table.add_column("95 %", justify="right", no_wrap=True, style="dim")
    table.add_column("peer", justify="right", no_wrap=True)
    table.add_column("peer's name")
    table.add_column("target", justify="right", no_wrap=True)
    table.add_column("holds")
    for figure in figures:
        table.add_row(
            f"{figure.figure}\n[dim]{figure.note}[/]" if figure.note else figure.figure,
            f"[bold]{_amount(figure.ours.value)}[/] {_unit(figure)}",
            _interval(figure.ours),
            "" if figure.peer is None else f"{_amount(figure.peer.value)} {_unit(figure)}",
            figure.peer_name,
            "" if figure.target is None else f"{_amount(figure.target)} {_unit(figure)}",
            _verdict(figure),
        )
    console.print(table)
    console.print(
        f"{conditions.date}, {conditions.machine}, {conditions.cores} cores, load {conditions.load_before:.1f} before "
        f"and {conditions.load_after:.1f} after, {conditions.scheduling}, {conditions.seconds:.0f} s\n"
        + ", ".join(f"{name} {version}" for name, version in conditions.versions.items()),
        style="dim",
        highlight=False,
    )


def write_json(path: Path, conditions: Conditions, figures: Sequence[Figure]) -> None:
    """Write `latest.json` in one step. Raises `FolderNotWritable`."""
    content = {"conditions": conditions.as_record(), "figures": [figure.as_record() for figure in figures]}
    write_atomically(path, json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")
    path.chmod(0o644)  # a result to share, not a journal


def _verdict(figure: Figure) -> str:
    if figure.holds is None:
        return ""
    doubt = "" if figure.is_certain else "?"
    return f"[green]yes{doubt}[/]" if figure.holds else f"[red]no{doubt}[/]"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _unit(figure: Figure) -> str:
    return "x" if figure.unit == "ratio" else figure.unit


def _interval(estimate: Estimate) -> str:
    return "" if estimate.low == estimate.high else f"{_amount(estimate.low)} to {_amount(estimate.high)}"
