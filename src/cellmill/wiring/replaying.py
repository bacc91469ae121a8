"""Replaying: a run's recipe from a clean kernel in a folder of its own, and the verdict on it.

What goes on here reads the user's files and writes none of them; the verdict is one line in the journal.
"""

import platform
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from cellmill.capture.journal import append_late, torn_lines
from cellmill.capture.sessions import Sessions
from cellmill.core.clock import now_ms
from cellmill.core.events import ReplayEnded
from cellmill.core.ids import RunId
from cellmill.core.ports import Kernels, Progress
from cellmill.core.project import Project
from cellmill.core.recipes import Recipe, Section
from cellmill.core.replay_errors import ReplayUnderWay
from cellmill.core.runs import Run, Session
from cellmill.core.verdicts import REPRODUCED, Judgement, Layout, Verdict
from cellmill.core.words import count
from cellmill.replay.judge import MOST_FIGURES, NOTHING_COMPARED, judge, spread
from cellmill.replay.layout import lay_out
from cellmill.replay.recipe import make_recipe, only, unrecorded, whole_history
from cellmill.replay.shrink import shrink as shrink_recipe
from cellmill.wiring.alone import only_one
from cellmill.wiring.attempts import Attempt, Attempts, Options
from cellmill.wiring.hindrances import changed_packages, hindrance

NEEDED_ALL = "The executions that it was known to need were not enough: it keeps all that ran before."
LONGEST_S = 3_600  # no further replay of one run begins after so long


def replay(
    sessions: Sessions,
    run: Run,
    kernels: Kernels,
    options: Options,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> Verdict:
    """Replay a run and write its verdict into the journal.

    Raises `ReplayUnderWay`, `NoScratch`, `KernelMissing`, `FolderNotWritable`; whatever the recipe itself
    comes to is a verdict.
    """
    project = sessions.project
    with _alone(project, run.run):
        verdict = find_verdict(project, sessions.session_of(run), run, kernels, options, progress=progress)
        append_late(project.outside_journal(run.session), ReplayEnded(run.run, verdict.at_ms, verdict))
    sessions.poll()
    return verdict


def shrink(
    sessions: Sessions,
    run: Run,
    kernels: Kernels,
    options: Options,
    *,
    at_most: int = 24,
    progress: Callable[[Progress], None] | None = None,
) -> Verdict:
    """Leave out of a run's recipe what replays prove superfluous, and write the verdict on what remains.

    At most so many replays are made. A run that cannot be reproduced keeps its recipe. Raises as `replay` does.
    """
    project, session = sessions.project, sessions.session_of(run)
    with _alone(project, run.run):
        attempts = Attempts(project, session, run, kernels, options, progress)
        verdict = find_verdict(project, session, run, kernels, options, attempts=attempts)
        if verdict.judgement in REPRODUCED:
            further = Attempts(project, session, run, kernels, options, None)
            further.given = attempts.given
            verdict = _shrunk(session, run, further, options, verdict, at_most)
        append_late(project.outside_journal(run.session), ReplayEnded(run.run, verdict.at_ms, verdict))
    sessions.poll()
    return verdict


def _shrunk(
    session: Session, run: Run, attempts: Attempts, options: Options, verdict: Verdict, at_most: int
) -> Verdict:
    began_s = time.monotonic()
    proofs = {verdict.kept: verdict}

    def holds(smaller: Recipe) -> bool | None:
        if attempts.count >= at_most or time.monotonic() - began_s > LONGEST_S:
            return None
        attempt = attempts.attempt(smaller, verdict.layout)
        judgement = judge(attempt.figures, tolerance=options.tolerance)
        # As good as before, not merely good enough: the smaller recipe makes the very same run.
        if attempt.problem is not None or judgement != verdict.judgement:
            return False
        compared = sum(1 for figure in attempt.figures if figure.what != "output")
        proofs[smaller.executions] = replace(verdict, kept=smaller.executions, compared=compared)
        return True

    made = make_recipe(session, run)
    whole = only(whole_history(made, session), verdict.kept)
    smallest = shrink_recipe(whole, holds)
    left_out = len(whole.executions) - len(smallest.executions)
    note = (
        (f"{count(left_out, 'execution')} left out: replays without them gave the same results.",) if left_out else ()
    )
    return replace(
        proofs[smallest.executions],
        at_ms=now_ms(),
        replays=verdict.replays + attempts.count,
        seconds=round(verdict.seconds + time.monotonic() - began_s, 3),
        notes=(*verdict.notes, *note),
    )


def find_verdict(
    project: Project,
    session: Session,
    run: Run,
    kernels: Kernels,
    options: Options,
    *,
    recipe: Recipe | None = None,
    sections: Sequence[Section] | None = None,
    progress: Callable[[Progress], None] | None = None,
    attempts: Attempts | None = None,
) -> Verdict:
    """Replay a run, by another recipe than its own where one is given, and with other code by `sections`.

    Writes nothing into the project. `attempts` are those of the same run, for who goes on with them.
    """
    began_s = time.monotonic()
    recipe = recipe or make_recipe(session, run)
    verdict = Verdict(
        "cannot", now_ms(), host=socket.gethostname(), python=platform.python_version(), of=recipe.of, replays=0
    )
    hindered = hindrance(recipe, project)
    if hindered is not None:
        return replace(verdict, reason=hindered, notes=_torn(project, session))
    attempts = attempts or Attempts(project, session, run, kernels, options, progress)
    layout: Layout = "verbatim"
    if sections is not None:
        attempt = attempts.attempt(recipe, layout, sections)
        if attempt.missed and not _has_made_it(attempt, options.tolerance):
            attempts.given = attempt.missed
            attempt = attempts.attempt(recipe, layout, sections)
    else:
        layout, recipe, attempt = _best(attempts, recipe, session, options.tolerance)
    judgement: Judgement = "cannot" if attempt.problem else judge(attempt.figures, tolerance=options.tolerance)
    shown = [figure for figure in attempt.figures if not figure.same]
    reason = attempt.problem or (NOTHING_COMPARED if judgement == "cannot" else None)
    if judgement == "differs":
        agreeing = [attempt.figures]
        while len(agreeing) < options.times and time.monotonic() - began_s < LONGEST_S:
            again = attempts.attempt(recipe, layout, sections)
            if again.problem is not None:
                break
            agreeing.append(again.figures)
        swaying = spread(agreeing)
        if swaying:
            judgement, shown = "stochastic", list(swaying)
            reason = (
                f"{len(agreeing)} replays do not agree with each other: something was left to chance that is neither "
                f"seeded nor recorded (a generator of the notebook's own, threads, the clock)"
            )
        else:
            reason = _told_apart(attempt, recipe)
    if judgement not in REPRODUCED:
        attempt.notes.extend([*_torn(project, session), *unrecorded(session, recipe)])
    return replace(
        verdict,
        judgement=judgement,
        reason=reason,
        figures=tuple(shown[:MOST_FIGURES]),
        compared=sum(1 for figure in attempt.figures if figure.what != "output"),
        parted=attempt.parted if judgement == "differs" or attempt.problem else None,
        replays=attempts.count,
        seconds=round(time.monotonic() - began_s, 3),
        layout=layout,
        kept=recipe.executions,
        rebuilt=options.interpreter is not None,
        notes=tuple(dict.fromkeys([*attempt.notes, *changed_packages(recipe, attempt.there)])),
        python=attempt.there.python if attempt.there is not None else verdict.python,
    )


_Tried = tuple[Layout, Recipe, Attempt]


def _best(attempts: Attempts, recipe: Recipe, session: Session, tolerance: float) -> _Tried:
    """Replay by what is known of the run; where that fails, with the files too that nobody is known to have written."""
    one = _first_made(attempts, recipe, session, tolerance)
    if not one[2].missed or _has_made_it(one[2], tolerance) or _is_final(one[2].problem or ""):
        return one
    attempts.given = one[2].missed
    other = _first_made(attempts, recipe, session, tolerance)
    if other[2].problem is not None and one[2].problem is None:
        attempts.given = ()
        return one
    return other


def _first_made(attempts: Attempts, recipe: Recipe, session: Session, tolerance: float) -> _Tried:
    """Replay as laid out; where that fails, as it ran; where that fails too, with all that ran before.

    The last says that the recipe had missed something, and gives the user a run that can be made again.
    """
    whole = whole_history(recipe, session)
    candidates: tuple[tuple[Layout, Recipe], ...] = (("tidy", recipe), ("verbatim", recipe), ("verbatim", whole))
    tried: list[_Tried] = []
    for layout, candidate in candidates:
        if any(_same(layout, candidate, *other[:2]) for other in tried):
            continue
        attempt = attempts.attempt(candidate, layout)
        tried.append((layout, candidate, attempt))
        if _has_made_it(attempt, tolerance):
            if candidate is whole:
                attempt.notes.append(NEEDED_ALL)
            return tried[-1]
        if attempt.problem is not None and _is_final(attempt.problem):
            break
        if attempt.problem is None and judge(attempt.figures, tolerance=tolerance) == "cannot":
            break  # there is nothing to compare, however it is laid out
    # The recipe's own outcome tells more than that of the longer ones.
    return next((one for one in tried if one[2].problem is None), tried[0])


def _has_made_it(attempt: Attempt, tolerance: float) -> bool:
    return attempt.problem is None and judge(attempt.figures, tolerance=tolerance) in REPRODUCED


def _told_apart(attempt: Attempt, recipe: Recipe) -> str:
    unlike = [figure for figure in attempt.figures if not figure.same and figure.what != "output"]
    names = ", ".join(f"{figure.what} {figure.name}" for figure in unlike[:4])
    changed = changed_packages(recipe, attempt.there)
    return f"{names} came out otherwise" + (f"; {changed[0]}" if changed else "")


def _torn(project: Project, session: Session) -> tuple[str, ...]:
    torn = torn_lines(project.journal(session.session)) + torn_lines(project.outside_journal(session.session))
    if not torn:
        return ()
    return (f"{count(torn, 'line')} of the session's journal cannot be read: what was told there is missing.",)


def _is_final(problem: str) -> bool:
    """Whether more executions would not help."""
    return any(words in problem for words in ("asks for input", "needs the network", "needs a GPU", "is not installed"))


def _same(layout: str, recipe: Recipe, other_layout: str, other: Recipe) -> bool:
    if recipe.executions != other.executions:
        return False
    texts = [[s.source for s in lay_out(r, tidy=way == "tidy")] for way, r in ((layout, recipe), (other_layout, other))]
    return texts[0] == texts[1]


def _alone(project: Project, run: RunId) -> AbstractContextManager[None]:
    """One replay of a run at a time."""
    return only_one(project.folder / "replays" / f"{run}.lock", otherwise=ReplayUnderWay(run))
