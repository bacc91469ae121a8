"""What pages and figures show, beside what numbers them."""

import json
from array import array
from base64 import b64encode
from typing import Any

import pandas
import pytest
from sklearn.linear_model import Ridge

from cellmill.replay.rich import steady_rich


def page(text: str) -> str:
    return steady_rich({"text/html": text, "text/plain": "<Page>", "image/png": "iVBO"})


def test_the_ids_of_styles_and_estimators_make_no_difference() -> None:
    frame = pandas.DataFrame({"a": [1.5, 2.5]})
    assert page(frame.style.to_html()) == page(frame.style.to_html())
    assert page(Ridge()._repr_html_()) == page(Ridge()._repr_html_())
    assert page(Ridge()._repr_html_()) != page(Ridge(alpha=2.0)._repr_html_())


@pytest.mark.parametrize("number", ["0.1", "0.142857142857"])
def test_a_table_in_one_line_is_compared_whole(number: str) -> None:
    row = "<tr><td>1</td><td>{}</td><td>2</td></tr>"
    assert page(row.format(number)) != page(row.format("0.2"))
    assert number in page(row.format(number))


def test_a_figure_is_compared_as_it_was_given_to_the_page() -> None:
    figures = [
        {"application/vnd.plotly.v1+json": {"data": [{"x": [1]}], "layout": {"template": {"paper_bgcolor": colour}}}}
        for colour in ("white", "rgb(17,17,17)")
    ]
    assert steady_rich(figures[0]) != steady_rich(figures[1])


def drawn(*numbers: float, kind: str = "d", dtype: str = "f8") -> dict[str, Any]:
    """Return a scatter as Plotly 6 gives it to the page: its arrays are encoded."""
    y = {"dtype": dtype, "bdata": b64encode(array(kind, numbers).tobytes()).decode()}
    return {"data": [{"type": "scatter", "y": y}], "layout": {"title": {"text": "y"}}}


@pytest.mark.parametrize("count", [100, 60_000])
def test_points_that_are_drawn_elsewhere_make_another_figure(count: int) -> None:
    numbers = [i / 7 for i in range(count)]
    others = [*numbers[: count // 2], 0.25, *numbers[count // 2 + 1 :]]
    one, same, other = (drawn(*each) for each in (numbers, numbers, others))
    mime = "application/vnd.plotly.v1+json"
    assert steady_rich({mime: one}) == steady_rich({mime: same})
    assert steady_rich({mime: one}) != steady_rich({mime: other})
    pages = [f"<script>Plotly.newPlot('a', {json.dumps(each['data'])})</script>" for each in (one, other)]
    assert page(pages[0]) != page(pages[1])


def test_points_are_compared_one_by_one() -> None:
    text = steady_rich({"application/vnd.plotly.v1+json": drawn(1, 300, kind="h", dtype="i2")})
    assert '"bdata": [\n1,\n300\n]' in text
    broken = [{"data": [{"y": {"dtype": "f8", "bdata": text}}]} for text in ("no base64", "none")]
    assert len({steady_rich({"application/vnd.plotly.v1+json": each}) for each in broken}) == 2


def test_a_widget_shows_nothing_of_its_own() -> None:
    assert steady_rich({"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "image/png": "iVBO"}) == ""
