"""The runs as a widget in JupyterLab. ipywidgets is loaded when the first one is shown, not before."""

from html import escape
from typing import Any

from cellmill.core.clock import now_ms
from cellmill.core.runs import Run
from cellmill.core.words import age, number

MOST_ROWS = 200

_STYLE = """\
<style>
.cellmill-table { border-collapse: collapse; font-size: var(--jp-ui-font-size1); color: var(--jp-ui-font-color1); }
.cellmill-table th { text-align: left; color: var(--jp-ui-font-color2); font-weight: 600; }
.cellmill-table th, .cellmill-table td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--jp-border-color2); }
.cellmill-table td.number { text-align: right; font-variant-numeric: tabular-nums; }
.cellmill-table code { font-size: var(--jp-code-font-size); }
.cellmill-table .failed, .cellmill-table .interrupted { color: var(--jp-error-color1); }
</style>"""


def show_runs(runs: tuple[Run, ...], *, text: str) -> None:
    """Show runs: as a widget that filters where there are widgets, as `text` in a terminal."""
    from IPython.display import display

    bundle = _widget(runs)._repr_mimebundle_()
    bundle["text/plain"] = text
    display(bundle, raw=True)


def _widget(runs: tuple[Run, ...]) -> Any:
    import ipywidgets

    search = ipywidgets.Text(placeholder="Filter by model, metric or status", continuous_update=True)
    html = ipywidgets.HTML(_html(runs))

    def filtered(change: dict[str, Any]) -> None:
        words = str(change["new"]).lower().split()
        html.value = _html(tuple(run for run in runs if all(word in _searchable(run) for word in words)))

    search.observe(filtered, names="value")
    return ipywidgets.VBox([search, html])


def _searchable(run: Run) -> str:
    return " ".join([run.run, run.model_class, run.status, run.notebook or "", *run.last_metrics]).lower()


def _html(runs: tuple[Run, ...]) -> str:
    if not runs:
        return "<p>No run matches.</p>"
    names = list(dict.fromkeys(name for run in runs for name in run.telling_metrics))[:6]
    head = "".join(f"<th>{escape(title)}</th>" for title in ("Run", "Model", "Status", *names, "When"))
    now = now_ms()
    rows = "".join(_row(run, names, now) for run in runs[:MOST_ROWS])
    more = f"<p>{len(runs) - MOST_ROWS} older runs are not shown.</p>" if len(runs) > MOST_ROWS else ""
    return f'{_STYLE}<table class="cellmill-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}'


def _row(run: Run, names: list[str], now: int) -> str:
    values = run.telling_metrics
    cells = "".join(
        f'<td class="number">{escape(number(values[name])) if name in values else ""}</td>' for name in names
    )
    return (
        f"<tr><td><code>{escape(run.run)}</code></td><td>{escape(run.short_class)}</td>"
        f'<td class="{run.status}">{run.status}</td>{cells}<td>{age(run.started_ms, now)}</td></tr>'
    )
