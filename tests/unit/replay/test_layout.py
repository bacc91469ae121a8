"""How a recipe reads as a notebook."""

import ast

import pytest
from tests.stories import Story
from tests.unit.replay.test_recipe import RUN, extended, recipe

from cellmill.core.event_parts import Module
from cellmill.replay.layout import lay_out


def laid_out(story: Story, *sources: str, tidy: bool = True) -> list[tuple[str, str]]:
    """Return kind and source of each cell of a recipe whose last execution trains."""
    for index, source in enumerate(sources[:-1]):
        story.ran(f"cell-{index}", source)
    with story.cell("fit", sources[-1]):
        story.trains(RUN, params={"alpha": "0.5"})
    return [(section.kind, section.source) for section in lay_out(recipe(story), tidy=tidy)]


def test_imports_come_first_and_parameters_second(story: Story) -> None:
    assert laid_out(
        story,
        "import pandas as pd\nimport os\n\nalpha = 0.5  # strength\nX = pd.read_csv(os.devnull)",
        "from sklearn.linear_model import Ridge\nmodel = Ridge(alpha=alpha).fit(X, X)",
    ) == [
        ("imports", "import os\n\nimport pandas as pd\nfrom sklearn.linear_model import Ridge"),
        ("parameters", "alpha = 0.5  # strength"),
        ("execution", "X = pd.read_csv(os.devnull)"),
        ("execution", "model = Ridge(alpha=alpha).fit(X, X)"),
    ]


def test_verbatim_leaves_every_line_where_it_ran(story: Story) -> None:
    sources = ("import pandas as pd\nalpha = 0.5", "model = pd.fit(alpha)")
    assert laid_out(story, *sources, tidy=False) == [("execution", source) for source in sources]


@pytest.mark.parametrize(
    "before",
    [
        "import os\nos.environ['OMP_NUM_THREADS'] = '1'",
        "import sys\nsys.path.append('lib')",
        "%load_ext autoreload",
        "from numpy import *",
        "!make data",
    ],
)
def test_an_import_is_not_moved_above_what_may_change_it(story: Story, before: str) -> None:
    found = laid_out(story, before + "\nX = 1", "import torch\nmodel = torch.fit(X)")
    assert found[-1] == ("execution", "import torch\nmodel = torch.fit(X)")


def test_an_import_is_not_moved_above_a_cell_that_raised_for_want_of_it(story: Story) -> None:
    story.ran("failed", "X = 1\nmetrics.score(X)", outcome="error")
    found = laid_out(story, "from sklearn import metrics\nimport json", "model = metrics.fit(X)")
    assert found == [
        ("imports", "import json"),
        ("execution", "X = 1\nmetrics.score(X)"),
        ("execution", "from sklearn import metrics"),
        ("execution", "model = metrics.fit(X)"),
    ]


def test_a_name_that_means_two_things_stays_where_it_stood(story: Story) -> None:
    found = laid_out(story, "import json as j\nX = j.loads('1')", "import pickle as j\nmodel = j.fit(X)")
    assert [kind for kind, _ in found] == ["execution", "execution"]


def test_the_users_own_modules_are_imported_where_they_were(story: Story) -> None:
    story.ran("own", "import mine\nX = mine.load()")
    extended(story, modules=(Module("mine", "/w/mine.py", "1" * 64),))
    assert laid_out(story, "model = mine.fit(X)")[0] == ("execution", "import mine\nX = mine.load()")


def test_a_parameter_that_is_bound_again_stays_where_it_was(story: Story) -> None:
    found = laid_out(story, "alpha = 0.5", "X = load(alpha)\nalpha = 0.7", "model = fit(alpha, X)")
    assert found[0] == ("execution", "alpha = 0.5")


def test_nothing_is_installed(story: Story) -> None:
    found = laid_out(story, "%pip install pandas\nX = load()", "!pip install torch\nmodel = fit(X)")
    assert found == [("execution", "X = load()"), ("execution", "model = fit(X)")]


def test_a_statement_that_shares_its_line_stays(story: Story) -> None:
    found = laid_out(story, "import os; X = os.sep", "model = fit(X)")
    assert found[0] == ("execution", "import os; X = os.sep")


def test_the_body_of_a_cell_magic_in_another_language_is_left_alone(story: Story) -> None:
    story.ran("shell", "%%bash\nimport x")
    extended(story, environment={"A": "1"}, reads=(), writes=())
    assert laid_out(story, "model = fit()")[0] == ("execution", "%%bash\nimport x")


@pytest.mark.parametrize(
    ("ran", "stands"),
    [
        ("try:\n    X = load()\nexcept OSError:\n    %pip install a\n    X = 0", "    pass\n    X = 0"),
        ("if offline:\n    !pip install -q a \\\n        b==2\nX = get()", "if offline:\n    pass\nX = get()"),
        ("!pip install a \\\n    b\nX = get()", "X = get()"),
    ],
)
@pytest.mark.parametrize("tidy", [True, False])
def test_where_something_was_installed_the_cell_is_still_python(
    story: Story, ran: str, stands: str, tidy: bool
) -> None:
    source = laid_out(story, ran, "model = fit(X)", tidy=tidy)[0][1]
    ast.parse(source)
    assert source.endswith(stands)


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x85", "\u2028"])
def test_characters_that_break_lines_elsewhere_break_none_of_pythons(story: Story, mark: str) -> None:
    first = f"# pasted{mark}from elsewhere\nimport numpy as np\nX = np.ones(3)"
    assert laid_out(story, first, "model = fit(X)") == [
        ("imports", "import numpy as np"),
        ("execution", f"# pasted{mark}from elsewhere\nX = np.ones(3)"),
        ("execution", "model = fit(X)"),
    ]


def test_the_blank_lines_of_a_string_are_its_own(story: Story) -> None:
    first = 'import os\n\n\n\nX = load("""a\n\n\n\nb""")\n\nimport json\n\ny = X'
    assert laid_out(story, first, "model = fit(y)")[1] == ("execution", 'X = load("""a\n\n\n\nb""")\n\ny = X')
