"""What a comment beside a value says."""

import pytest

from cellmill.core.parameters import Bounds
from cellmill.dataflow.remarks import Remark, comments_of, remark_of


@pytest.mark.parametrize(
    ("comment", "remark"),
    [
        ("# 1..20, depth of a tree", Remark(Bounds(least=1, most=20), help="depth of a tree")),
        ("# 1 to 20", Remark(Bounds(least=1, most=20))),
        ("# between 0.1 and 0.9: share", Remark(Bounds(least=0.1, most=0.9), help="share")),
        ("# -5..5", Remark(Bounds(least=-5, most=5))),
        ("# (0, 1] share of rows", Remark(Bounds(above=0, most=1), help="share of rows")),
        ("# 0 < rate <= 1, how fast", Remark(Bounds(above=0, most=1), help="how fast")),
        ("# >= 1", Remark(Bounds(least=1))),
        ("# > 0 and < 1, share", Remark(Bounds(above=0, below=1), help="share")),
        ("# min 2, max 10", Remark(Bounds(least=2, most=10))),
        ("# at least 3: months", Remark(Bounds(least=3), help="months")),
        ("# one of: sqrt, log2", Remark(Bounds(choices=("sqrt", "log2")))),
        ("# one of 1, 2, 4", Remark(Bounds(choices=(1, 2, 4)))),
        ("# ridge | lasso, which model", Remark(Bounds(choices=("ridge", "lasso")), help="which model")),
        ("# path: the table", Remark(kind="path", help="the table")),
        ("# date", Remark(kind="date")),
        ("# file to read", Remark(kind="path", help="file to read")),
        ("# type: int | depth", Remark(annotation="int", help="depth")),
        ("# levels of each tree (1 to 20)", Remark(Bounds(least=1, most=20), help="levels of each tree")),
        # No bounds: a range that runs backwards, a version, a date, a word that only begins so.
        ("# 20..1", Remark(help="20..1")),
        ("# 1.5.2 of the format", Remark(help="1.5.2 of the format")),
        ("# seed for everything", Remark(help="seed for everything")),
        ("# dates are in UTC", Remark(help="dates are in UTC")),
        ("# trained in 2020 (see the paper)", Remark(help="trained in 2020 (see the paper)")),
        ("#", Remark()),
    ],
)
def test_bounds_choices_and_help_are_told_apart(comment: str, remark: Remark) -> None:
    assert remark_of(comment) == remark


def test_a_hash_in_a_text_is_no_comment() -> None:
    assert comments_of("a = '# 1..2'\nb = 3  # 1..9") == {2: "# 1..9"}


def test_of_a_cell_that_cannot_be_read_what_came_before_is_known() -> None:
    assert comments_of("a = 1  # first\nb = '''") == {1: "# first"}
