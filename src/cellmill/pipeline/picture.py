"""A sweep as a picture: one page of HTML with everything in it, that asks no network for anything."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any, Literal

from cellmill.core.sweeps import Sweep
from cellmill.core.words import count
from cellmill.pipeline.coordinates import Line, Scale, lines_of, number_words, scales_of

Theme = Literal["light", "dark", "auto"]

APART, HEIGHT, MARGIN, HEAD, FOOT = 170, 300, 70, 44, 16
LONGEST = 22


def page(sweep: Sweep, *, theme: Theme = "auto") -> str:
    """Return a sweep's page: parallel coordinates above, its trials as a table below, the best first.

    `theme` is that of whoever shows it; with `auto` the browser's own is taken.
    """
    scales = scales_of(sweep)
    lines = lines_of(sweep, scales)
    title = f"{sweep.notebook}: {sweep.plan.metric} {sweep.plan.direction}d"
    best = sweep.best
    words = f"{count(len(sweep.trials), 'trial')} of {sweep.plan.size}, sweep {sweep.sweep}"
    if best is not None:
        words += f". The best is trial {best.number}, with {_shown(best.value)}"
    return (
        f'<!doctype html>\n<html lang="en" data-theme="{theme}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n<p>{escape(words)}.</p>\n"
        f"{_picture(scales, lines, sweep)}\n"
        '<p id="named" role="status">Point at a line, or step through the table, to see one trial.</p>\n'
        f"{_table(lines, sweep)}\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _picture(scales: Sequence[Scale], lines: Sequence[Line], sweep: Sweep) -> str:
    width = 2 * MARGIN + APART * (len(scales) - 1)
    parts = [
        f'<svg viewBox="0 0 {width} {HEAD + HEIGHT + FOOT}" style="max-width:{width * 1.4:.0f}px" role="img" '
        f'aria-label="Parallel coordinates of {count(len(lines), "trial")}; the table below has the same">'
    ]
    for line in lines:
        number = line.trial.number
        kind = "best" if line.trial is sweep.best else line.trial.state
        share = 0 if line.goodness is None else round(100 * line.goodness)
        path = _path(line.places)
        parts.append(
            f'<g class="line {kind}" data-trial="{number}" style="--share:{share}%">'
            f'<path class="near" d="{path}"/><path class="seen" d="{path}"/></g>'
        )
    for at, scale in enumerate(scales):
        x = MARGIN + APART * at
        name = _short(scale.name) + (" (log)" if scale.is_log else "")
        parts.append(
            f'<g class="axis{" metric" if at == len(scales) - 1 else ""}"><title>{escape(scale.name)}</title>'
            f'<text class="name" x="{x}" y="20">{escape(name)}</text>'
            f'<line x1="{x}" x2="{x}" y1="{HEAD}" y2="{HEAD + HEIGHT}"/>'
        )
        for text, place in scale.ticks:
            y = _y(place)
            parts.append(
                f'<line x1="{x - 4}" x2="{x}" y1="{y}" y2="{y}"/>'
                f'<text x="{x - 7}" y="{y + 4:g}">{escape(_short(text))}</text>'
            )
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"])


def _path(places: Sequence[float | None]) -> str:
    """Return a line that breaks where a trial has no place on an axis."""
    path, is_drawing = "", False
    for at, place in enumerate(places):
        if place is not None:
            path += f"{'L' if is_drawing else 'M'}{MARGIN + APART * at} {_y(place)}{'' if is_drawing else 'h0'}"
        is_drawing = place is not None
    return path


def _y(place: float) -> float:
    return round(HEAD + (1 - place) * HEIGHT, 1)


def _table(lines: Sequence[Line], sweep: Sweep) -> str:
    names = [axis.name for axis in sweep.plan.axes]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("trial", *names, sweep.plan.metric, ""))
    rows = []
    for line in reversed(lines):
        trial = line.trial
        cells = [_value(trial.parameters.get(name)) for name in names]
        state = "best" if trial is sweep.best else trial.error or ("" if trial.state == "finished" else trial.state)
        cells += [_shown(trial.value), state]
        inner = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        kind = ' class="best"' if trial is sweep.best else ""
        number = trial.number
        rows.append(f'<tr{kind} data-trial="{number}" tabindex="0"><th scope="row">{number}</th>{inner}</tr>')
    return (
        f'<div class="table"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n'
        + "\n".join(rows)
        + ("\n</tbody>\n</table></div>")
    )


def _value(value: Any) -> str:
    if isinstance(value, float):
        return number_words(value) if math.isfinite(value) else str(value)
    return value if isinstance(value, str) else repr(value)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


_DARK = "--ink:#e6e6e6;--quiet:#a8a8a8;--paper:#1b1b1b;--edge:#4a4a4a;--poor:#4d5a6b;--good:#7fc4ff;--best:#ffb454"
_STYLE = (
    ":root{--ink:#1c1c1c;--quiet:#5c5c5c;--paper:#fff;--edge:#c4c4c4;--poor:#cbd4de;--good:#145c9e;--best:#c2410c}"
    "@media(prefers-color-scheme:dark){[data-theme=auto]{" + _DARK + "}}[data-theme=dark]{" + _DARK + "}"
    """
body{margin:1rem 1.25rem;font:14px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.15rem;margin:0}p{margin:.3rem 0}#named{min-height:1.5em;color:var(--quiet)}
svg{display:block;width:100%;height:auto}
.axis line{stroke:var(--quiet)}.axis text{font-size:11px;fill:var(--ink);text-anchor:end;
paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.axis .name{font-size:13px;font-weight:600;text-anchor:middle}
.line path{fill:none;stroke-linecap:round;stroke-linejoin:round}.near{stroke:transparent;stroke-width:10}
.seen{stroke:color-mix(in oklab,var(--good) var(--share),var(--poor));stroke-width:1.6;opacity:.85}
.failed .seen,.pruned .seen{stroke:var(--quiet);stroke-dasharray:2 5}
.best .seen{stroke:var(--best);stroke-width:3.5;opacity:1}
svg.looking .line:not(.on) .seen{opacity:.15}.on .seen{stroke-width:3.5;opacity:1}
.table{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.2rem .9rem .2rem .3rem;border-bottom:1px solid var(--edge);white-space:nowrap}
thead th{color:var(--quiet);font-weight:500}tbody th{font-weight:400}
tr.best td,tr.best th{font-weight:600;color:var(--best)}
tr.on,tr:focus{outline:2px solid var(--good);outline-offset:-2px}
"""
)

_SCRIPT = """
const svg=document.querySelector('svg'),named=document.getElementById('named'),quiet=named.textContent;
const heads=[...document.querySelectorAll('thead th')].map(cell=>cell.textContent);
const at=number=>document.querySelectorAll('[data-trial="'+number+'"]');
let shown=null;
function show(number){
  if(number===shown)return;
  if(shown!==null)at(shown).forEach(one=>one.classList.remove('on'));
  shown=number;
  svg.classList.toggle('looking',number!==null);
  if(number===null){named.textContent=quiet;return}
  at(number).forEach(one=>one.classList.add('on'));
  const cells=[...document.querySelector('tr[data-trial="'+number+'"]').cells].map(cell=>cell.textContent);
  named.textContent=cells.map((text,i)=>text&&(heads[i]?heads[i]+' ':'')+text).filter(Boolean).join(', ');
}
const numberOf=event=>event.target.closest?.('[data-trial]')?.dataset.trial??null;
document.addEventListener('pointerover',event=>show(numberOf(event)));
document.addEventListener('focusin',event=>show(numberOf(event)));
document.addEventListener('focusout',()=>show(null));
document.addEventListener('keydown',event=>{
  const row=event.target.closest?.('tr[data-trial]');
  const to=row&&({ArrowDown:row.nextElementSibling,ArrowUp:row.previousElementSibling})[event.key];
  if(to){event.preventDefault();to.focus()}
});
"""
