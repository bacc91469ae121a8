"""Environment variables: what cells change, and what they were given."""

import pytest

from cellmill.capture.surroundings.environment import EnvironmentWatch

CASES = [
    ("os.environ['SCALE']", {"SCALE": "3"}),
    ("rate = os.environ.get('RATE', '1') or os.getenv(\"SCALE\")", {"RATE": None, "SCALE": "3"}),
    ("'SCALE' in os.environ", {"SCALE": "3"}),
    ("scale = 'SCALE'", {}),
    ("os.environ['HOME'], os.environ['API_TOKEN']", {}),
]


@pytest.mark.parametrize(("source", "inherited"), CASES, ids=[source for source, _ in CASES])
def test_a_source_is_told_with_the_variables_that_it_names_as_they_were_inherited(
    monkeypatch: pytest.MonkeyPatch, source: str, inherited: dict[str, str | None]
) -> None:
    for name, value in {"SCALE": "3", "API_TOKEN": "abcdefgh"}.items():
        monkeypatch.setenv(name, value)
    for name in ("RATE", "PYTHONHASHSEED"):
        monkeypatch.delenv(name, raising=False)
    watch = EnvironmentWatch()
    monkeypatch.setenv("SCALE", "4")  # by a cell
    assert watch.changed_variables() == {"SCALE": "4"}
    assert watch.inherited(source) == inherited


@pytest.mark.parametrize(("seed", "said"), [("42", {"PYTHONHASHSEED": "42"}), ("random", {})])
def test_the_seed_of_hashes_is_told_once(monkeypatch: pytest.MonkeyPatch, seed: str, said: dict[str, str]) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    watch = EnvironmentWatch()
    assert (watch.inherited("1"), watch.inherited("1")) == (said, {})
