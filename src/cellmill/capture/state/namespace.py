"""Compares a namespace with what it was when the last cell ended."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from types import FunctionType

from cellmill.capture.state.graphs import Company, Graph, Graphs, Groups, Verdict, below, walk
from cellmill.capture.state.ids import ID_BYTES, ids_in
from cellmill.capture.state.look import KINDS, Look, is_light, is_plain
from cellmill.capture.state.readers import is_class, is_drawn, is_pyplot, read

_IPYTHONS = frozenset(["In", "Out", "get_ipython", "exit", "quit", "open", "_ih", "_oh", "_dh"])
_NONE: frozenset[str] = frozenset()
# The ids of so many names are compared at once, first in large parts and then in small ones.
_LARGE, _SMALL = 512, 32


@dataclass(frozen=True)
class Changes:
    """What a cell did to names. Each name stands in one set at most."""

    bound: frozenset[str] = _NONE
    """New, or bound to another object than before."""
    deleted: frozenset[str] = _NONE
    changed: frozenset[str] = _NONE
    """Bound to the same object, in which, or in something that it leads to, something differs."""
    unsure: frozenset[str] = _NONE
    """Not compared: too large for the time given, or closed to any look."""
    aliases: tuple[tuple[str, ...], ...] = ()
    """Of the names touched or bound, groups that share an object: what changes one may change the others."""


def hidden_by_ipython(name: str) -> bool:
    """Whether a name is one that IPython itself puts into the namespace, such as `_`, `In` or `_i12`."""
    if name[:1] != "_":
        return name in _IPYTHONS
    rest = name[1:]
    return (
        not rest.strip("_")  # what was shown: `_`, `__`, `___`
        or not rest.strip("i")  # what was typed: `_i`, `_ii`, `_iii`
        or rest.removeprefix("i").isdecimal()
        or name in _IPYTHONS
        or (len(name) > 4 and name[:2] == name[-2:] == "__" and rest.replace("_", "a").isalnum())
    )


class NamespaceState:
    """Remembers a namespace from cell to cell, without keeping any of its objects alive."""

    def __init__(
        self,
        user_names: dict[str, object],
        hidden: Collection[str] | Callable[[str], bool] = (),
    ) -> None:
        """Take the namespace as it is for what it was. Names that `hidden` holds are never reported."""
        self._names = user_names
        self._hidden = hidden if callable(hidden) else frozenset(hidden).__contains__
        self._seen: dict[str, int] = {}
        """Names that are the user's, with the ids of their objects."""
        self._order: list[str | None] = []
        """All names, those of IPython too, as they stand in the namespace; None for a key that is no text."""
        self._ids = b""
        """The ids of their objects, one after the other: compared at once, unpacked where they differ."""
        self._last: tuple[str, ...] = ()
        self._light: dict[str, object] = {}
        """Numbers and short texts themselves: kept, none can leave its id to another."""
        self._late: frozenset[str] = _NONE
        """What `catch_up` found changed, to be told by the next `after`."""
        self._doubted: frozenset[str] = _NONE
        """What the source had to decide: found changed later, it is no news."""
        self._graphs = Graphs()
        self._identify()

    def after(self, touched: Collection[str], budget_s: float, *, everything: bool = False) -> Changes:
        """Return what differs now from how the namespace was when this was last called.

        `touched` are names that the cell's source reads or writes. Objects are compared for those, and for
        whatever these share objects with; which object a name is bound to is compared for every name.
        """
        deadline = time.perf_counter() + budget_s
        bound, deleted, old = self._identify()
        if not (touched or bound or deleted or everything or self._late):
            return Changes()
        wanted = [*self._seen] if everything else [*touched]
        found = _Comparison(self._names, self._graphs, self._seen, old, deadline).run(wanted, bound, deleted)
        if self._late:
            changed = found.changed | ((self._late & self._seen.keys()) - found.bound)
            found = replace(found, changed=changed, unsure=found.unsure - changed)
            self._late = _NONE
        self._doubted |= found.unsure
        return found

    def catch_up(self, budget_s: float) -> bool:
        """Look at what there was no time for, while no cell runs. Returns whether nothing is left to look at."""
        wanting = self._graphs.wanting()
        if wanting:
            deadline = time.perf_counter() + budget_s
            found = _Comparison(self._names, self._graphs, self._seen, {}, deadline).run(wanting, set(), set())
            self._late |= found.changed - self._doubted
            self._doubted = _NONE
        return not self._graphs.wanting()

    # --- which object each name is bound to

    def _is_hidden(self, name: object) -> bool:
        return type(name) is not str or hidden_by_ipython(name) or self._hidden(name)

    def _identify(self) -> tuple[set[str], set[str], dict[str, int]]:
        """Return the names bound and deleted since the last time, and the ids that these had."""
        names, order = self._names, self._order
        new = self._new_names()
        if new is None:
            return self._identify_all()
        ids = _ids_of(names)
        if ids is None or len(ids) != (len(order) + len(new)) * ID_BYTES:
            return self._identify_all()
        old: dict[str, int] = {}
        bound: set[str] = set()
        for at, now in _differing(self._ids, ids):
            name = order[at]
            if name is not None and (was := self._seen.get(name)) is not None:
                bound.add(name)
                old[name] = was
                self._seen[name] = now
        if new:
            order += new
            self._remember_last()
            for name, now in zip(new, memoryview(ids[-len(new) * ID_BYTES :]).cast("Q"), strict=True):
                if not self._is_hidden(name):
                    bound.add(name)
                    self._seen[name] = now
        self._ids = ids
        self._keep_light(bound)
        return bound, set(), old

    def _new_names(self) -> list[str] | None:
        """Return the names that were added at the end of the namespace; None where that cannot be told."""
        last = self._last
        left = len(last)
        if not left:
            return None
        fresh: list[str] = []
        for name in reversed(self._names):
            if type(name) is not str:
                return None  # to look for it would ask its own `__eq__`
            if name == last[left - 1]:
                left -= 1
                if not left:
                    break
            elif left < len(last) or name in last:
                return None
            else:
                fresh.append(name)
        if len(self._order) + len(fresh) != len(self._names):
            return None
        fresh.reverse()
        return fresh

    def _remember_last(self) -> None:
        last = [name for name in self._order[-3:] if name is not None]
        self._last = tuple(last) if len(last) == len(self._order[-3:]) else ()

    def _identify_all(self) -> tuple[set[str], set[str], dict[str, int]]:
        before = self._seen
        held = [*self._names.items()]
        self._order = [name if type(name) is str else None for name, _ in held]
        self._ids = ids_in(tuple(value for _, value in held))
        self._seen = {name: id(value) for name, value in held if not self._is_hidden(name)}
        bound = {name for name, now in self._seen.items() if before.get(name) != now}
        deleted = before.keys() - self._seen.keys()
        self._keep_light(bound | deleted)
        self._remember_last()
        return bound, deleted, {name: before[name] for name in bound | deleted if name in before}

    def _keep_light(self, names: Iterable[str]) -> None:
        for name in names:
            value = self._names.get(name)
            if is_light(value):
                self._light[name] = value
            else:
                self._light.pop(name, None)


def _ids_of(names: dict[str, object]) -> bytes | None:
    """Return the ids of a namespace's objects in its order; None where another thread changes it meanwhile."""
    try:
        held = tuple(names.values())
    except RuntimeError:
        return None
    return ids_in(held)


def _differing(old: bytes, new: bytes) -> Iterator[tuple[int, int]]:
    """Give the positions at which the ids differ, with the new ones. What `new` has more is passed over."""
    if new.startswith(old):
        return
    new = new[: len(old)]
    for large in range(0, len(old), _LARGE * ID_BYTES):
        was, now = old[large : large + _LARGE * ID_BYTES], new[large : large + _LARGE * ID_BYTES]
        if was == now:
            continue
        for small in range(0, len(was), _SMALL * ID_BYTES):
            few, fresh = was[small : small + _SMALL * ID_BYTES], now[small : small + _SMALL * ID_BYTES]
            if few != fresh:
                pairs = zip(memoryview(few).cast("Q"), memoryview(fresh).cast("Q"), strict=True)
                for at, (one, other) in enumerate(pairs, (large + small) // ID_BYTES):
                    if one != other:
                        yield at, other


class _Comparison:
    """One comparison: from the names touched to all that share objects with them."""

    def __init__(
        self, names: dict[str, object], graphs: Graphs, seen: dict[str, int], old: dict[str, int], deadline: float
    ) -> None:
        self._names, self._graphs, self._seen, self._old = names, graphs, seen, old
        self._look = Look(deadline, read, names)
        self._differing: dict[int, Verdict | None] = {}
        self._changed: set[str] = set()
        self._unsure: set[str] = set()
        self._walked: dict[int, Graph] = {}
        self._vague: set[int] = set()
        """Graphs of which not every object could be compared."""
        self._settled: set[int] = set()
        """Graphs that were walked through to their end."""

    def run(self, touched: list[str], bound: set[str], deleted: set[str]) -> Changes:
        names, at = self._names, self._graphs.at
        queue = self._seeds(touched, bound, deleted)
        done: set[str] = set()
        while queue:
            name = queue.pop()
            if name in done:
                continue
            done.add(name)
            value = names.get(name)
            if id(type(value)) in KINDS and at(id(value)) is None:
                continue
            if is_pyplot(value):  # draws into figures that it knows of itself
                queue.extend(self._graphs.drawn_names())
            graph = self._compare(name, value, was_known=name not in bound)
            if graph is not None:
                queue.extend(graph.links - done)
        if self._walked:
            self._suspect_sharing(bound)
            self._spread()
            self._doubt()
        self._follow_links(bound | deleted)
        seen = self._seen.keys()
        changed = frozenset((self._changed & seen) - bound) if self._changed else _NONE
        unsure = frozenset((self._unsure & seen) - changed - bound) if self._unsure else _NONE
        return Changes(frozenset(bound), frozenset(deleted), changed, unsure, self._aliases())

    def _seeds(self, touched: list[str], bound: set[str], deleted: set[str]) -> list[str]:
        """Return the names to look at, the most telling last; what was bound before may live on in others."""
        more: list[str] = []
        if self._old:
            for name in (*bound, *deleted):
                was = self._old.get(name)
                graph = None if was is None else self._graphs.unbind(name, was)
                if graph is not None:
                    near = {graph, *graph.near}
                    more += [other for shared in near for other in shared.names]
        for name in bound:
            value = self._names.get(name)
            if not is_plain(value):
                self._graphs.bind(name, id(value))
        return [*bound, *more, *reversed([name for name in touched if name not in bound])]

    def _compare(self, name: str, value: object, *, was_known: bool) -> Graph | None:
        if is_plain(value):
            stale = self._graphs.at(id(value))  # an object died, and left its place in memory to a number
            if stale is not None and name in stale.names:
                self._graphs.unbind(name, id(value))
                self._changed.add(name)
            return None
        graph = self._graphs.at(id(value)) or self._graphs.bind(name, id(value))
        if graph.root in self._walked:
            return None
        self._walked[graph.root] = graph
        graph.by_source = type(value) is FunctionType or is_class(value)
        graph.drawn = is_drawn(value)
        was_sure = graph.complete and not graph.doubted
        if not was_sure:
            self._vague.add(graph.root)
        walked = walk(value, self._graphs, self._look, self._differing)
        if walked.verdict == "changed":
            self._changed |= graph.names
        elif was_known and (walked.verdict == "unsure" or not (walked.complete and was_sure)):
            self._unsure |= graph.names
        if not walked.complete:
            self._vague.add(graph.root)
            was_complete, graph.complete = graph.complete, False
            if was_complete and walked.verdict != "changed":
                return graph  # what is known of it may still be of use
        else:
            self._settled.add(graph.root)
            graph.doubted = False
        if walked.verdict != "same" or not graph.complete or len(walked.found) != len(graph.nodes):
            self._graphs.remember(graph, walked.found, self._look, complete=walked.complete)
        return graph

    def _suspect_sharing(self, bound: set[str]) -> None:
        """What was made or changed here, and is not all known, may have been given any object touched here."""
        given = bound | self._changed | self._unsure
        walked = self._walked.values()
        suspects = {graph for graph in walked if not graph.complete and not graph.names.isdisjoint(given)}
        if suspects and len(walked) > 1:
            Company(suspects, {graph for graph in walked if not graph.by_source}).meet()

    def _spread(self) -> None:
        """Names that were not touched, but lead to an object that changed, changed with it."""
        for ident, verdict in self._differing.items():
            if verdict not in ("changed", "unsure"):
                continue
            for graph in [*self._graphs.owners(ident)]:
                if graph.root in self._walked:
                    continue
                (self._changed if verdict == "changed" else self._unsure).update(graph.names)
                if verdict == "changed":
                    self._graphs.adopt(graph, below(ident, self._look), self._look)
        groups = Groups()
        spread: set[tuple[int, bool]] = set()
        for name in (*self._unsure, *self._changed):
            at = self._graphs.at(self._seen.get(name, 0))
            if at is not None:
                is_vague = at.root in self._vague
                for group in groups.of(at):
                    if (id(group), is_vague) not in spread:
                        spread.add((id(group), is_vague))
                        for other in group:
                            if other.root not in self._walked and (is_vague or not other.complete):
                                self._unsure |= other.names

    def _doubt(self) -> None:
        for name in self._unsure:
            graph = self._graphs.at(self._seen.get(name, 0))
            if graph is not None and graph.root not in self._settled:
                graph.doubted = True

    def _follow_links(self, differing: set[str]) -> None:
        """What holds a function that looks up a changed name is changed too, unless the source says so itself."""
        queue = [*differing, *self._changed]
        while queue:
            for graph in self._graphs.linked_to(queue.pop()):
                if not graph.by_source and not graph.names <= self._changed:
                    queue.extend(graph.names - self._changed)
                    self._changed |= graph.names

    def _aliases(self) -> tuple[tuple[str, ...], ...]:
        groups, found = Groups(), set()
        done: set[frozenset[int]] = set()
        for graph in self._walked.values():
            if len(graph.names) < 2 and not graph.near and not graph.companies:
                continue
            parts = groups.of(graph)
            which = frozenset(map(id, parts))
            if which in done:
                continue
            done.add(which)
            names = set[str]().union(*(other.names for part in parts for other in part)) & self._seen.keys()
            if len(names) > 1:
                found.add(tuple(sorted(names)))
        return tuple(sorted(found))
