"""Whether a pipeline comes to the same as the whole notebook: more runs of both where one of each cannot tell."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from cellmill.core.words import count
from cellmill.replay.outcomes import Difference, Outcome, differences, told_apart
from cellmill.wiring.drafts import Draft
from cellmill.wiring.outcomes import Part
from cellmill.wiring.splittable import Splittable


class Proof:
    """Compares splits of one notebook with the whole. Runs of the whole are made once for all splits."""

    def __init__(
        self, seen: Splittable, run: Callable[[Sequence[Part]], Outcome], whole: Part, told: Callable[[str], None]
    ) -> None:
        """`run` runs parts one after the other, `whole` is the notebook as one; `told` hears what is being done."""
        self._seen = seen
        self._run = run
        self._part = whole
        self._told = told
        self._others: list[Outcome] = []  # made where two runs of the whole differ
        self._by_seed: dict[int | None, Outcome] = {}

    def compare(self, expected: Outcome, outcome: Outcome) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
        """Return what tells the pipeline from the whole, and what differs between two runs of the whole as well."""
        unlike = differences(expected, outcome)
        suspects = {each.what for each in differences(self._seen.outcome, self._seen.again)}
        if not suspects.intersection(each.what for each in unlike):
            return unlike, ()
        # The second run was looked at between its cells: a third tells whether that was why it differed. A line of a
        # text that sways may be the same twice by chance: a fourth is asked before it counts.
        for runs in (1, 2):
            while len(self._others) < runs:
                self._told("the whole notebook once more")
                self._others.append(self._run([self._part]))
            unlike, swaying = told_apart(expected, self._others, outcome)
            if not any(each.what in swaying for each in unlike):
                break
        return unlike, swaying

    def reorder(
        self, draft: Draft, outcome: Outcome, known: Sequence[str]
    ) -> tuple[Outcome, tuple[Difference, ...], frozenset[str]]:
        """Try a split once more with texts hashed otherwise in each step, as papermill alone would run it.

        Return what came of it, what tells it from the whole, and what leans on the order of hashes in the whole too,
        beside what was `known` to sway. Where nothing shows that the notebook may lean on it, none of this is run.
        """
        seen = self._seen
        if not any(cell.leaning.hashes for cell in seen.cells) and not differences(seen.outcome, seen.again):
            return outcome, (), frozenset()
        self._told(f"{count(len(draft.parts), 'step')} with sets in another order")
        parts = [replace(part, hash_seed=seed) for seed, part in enumerate(draft.parts, 1)]
        outcome = self._run(parts)
        expected, others = without_later_metrics(seen.outcome, outcome), list(self._others)
        unlike, swaying = told_apart(expected, others, outcome)
        for part in parts:
            if not unlike:
                break
            if part.hash_seed not in self._by_seed:
                self._told("the whole notebook with sets in another order")
                self._by_seed[part.hash_seed] = self._run([replace(self._part, hash_seed=part.hash_seed)])
            others.append(self._by_seed[part.hash_seed])
            unlike, swaying = told_apart(expected, others, outcome)
        return outcome, unlike, frozenset(swaying).difference(known)


def without_later_metrics(whole: Outcome, split: Outcome) -> Outcome:
    """Leave metrics out that a later step computes: there they are values, and compared as such."""
    if [model for model, _ in whole.runs] != [model for model, _ in split.runs]:
        return whole
    runs = tuple(
        (model, {name: value for name, value in metrics.items() if name in others})
        for (model, metrics), (_, others) in zip(whole.runs, split.runs, strict=True)
    )
    return replace(whole, runs=runs)
