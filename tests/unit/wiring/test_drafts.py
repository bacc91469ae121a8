"""Which files a pipeline says that its steps write and may read."""

from cellmill.pipeline.split import ProposedStep
from cellmill.replay.outcomes import Outcome
from cellmill.wiring.drafts import Draft, Files
from cellmill.wiring.splittable import Splittable

STEPS = tuple(ProposedStep(name, name, number, number) for number, name in enumerate(("make", "join", "sum"), 1))
HEARD: tuple[frozenset[str], ...] = (frozenset({"/scratch/heard.csv"}), frozenset(), frozenset({"/scratch/sum.txt"}))


def files(*written: set[str], other: frozenset[str] = frozenset()) -> list[Files]:
    """Return what three steps are said to write and read. Files in `other` had another content in the steps."""
    names = {name for each in written for name in each}
    expected = Outcome(files=dict.fromkeys(names, "a"))
    outcome = Outcome(
        files={name: "b" if name in other else "a" for name in names},
        written=tuple(frozenset(each) for each in written),
    )
    return Draft(STEPS, ()).files(Splittable((), (), (), expected, expected, HEARD), expected, outcome)


def test_what_was_written_unheard_may_be_read_unheard_by_all_steps_after() -> None:
    assert files({"heard.csv", "cache/x.parquet"}, {"full.npy"}, {"sum.txt"}) == [
        Files(("cache/x.parquet", "heard.csv")),
        Files(("full.npy",), ("cache/x.parquet",)),
        Files(("sum.txt",), ("cache/x.parquet", "full.npy")),
    ]


def test_a_file_that_a_later_step_writes_too_is_that_steps() -> None:
    assert files({"heard.csv", "both.npy"}, {"both.npy"}, {"sum.txt"}) == [
        Files(("heard.csv",)),
        Files(("both.npy",)),
        Files(("sum.txt",), ("both.npy",)),
    ]


def test_what_is_not_the_same_each_time_is_not_asked_for() -> None:
    names = {"heard.csv", "run-2026-11-22.log", "sways.npy", ".cache/x.npy"}
    made = files(names, set(), {"sum.txt"}, other=frozenset({"sways.npy"}))
    assert made == [Files(("heard.csv",)), Files(), Files(("sum.txt",))]
