"""The user's own modules in a scratch folder."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cellmill.core.event_parts import Module
from cellmill.core.project import Project
from cellmill.executors.scratch import scratch
from cellmill.wiring.laid_modules import Modules


def test_a_module_that_has_no_link_is_laid_out_though_it_was_not_changed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    source = project / "node_modules" / "features.py"  # of folders by this name nothing is there
    source.parent.mkdir(parents=True)
    source.write_text("rate = 2\n")
    module = Module("features", str(source), hashlib.sha256(source.read_bytes()).hexdigest())
    recipe: Any = SimpleNamespace(modules=(module,))
    with scratch(project, inputs=[], written=[], left_out=[]) as place:
        ingredient: Any = SimpleNamespace(modules=(module,))
        assert Modules(Project(project), place, recipe).lay_out(ingredient) == ()
        assert place.place_of(source).read_text() == "rate = 2\n"
