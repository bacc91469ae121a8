"""What is remembered of the objects that names lead to: ids and digests, and no object itself."""

from collections.abc import Iterable
from typing import Literal

from cellmill.capture.state.look import MISSING, Look, Reading, identity

MOST_IN_GRAPH, MOST_OBJECTS = 20_000, 60_000
"""Beyond these, objects are not remembered, and what leads to them is unsure: 60,000 take about 15 MB."""

Verdict = Literal["same", "changed", "unsure"]


class Node:
    """One object as it was when last looked at, and the graphs that it is part of."""

    __slots__ = ("bulk", "key", "opaque", "owners", "private")

    def __init__(self, reading: Reading) -> None:
        self.key, self.bulk = reading.key, reading.bulk
        self.opaque, self.private = reading.opaque, reading.private
        self.owners: tuple[Graph, ...] = ()

    def compare(self, reading: Reading) -> Verdict:
        """Return how an object differs from what it was, and remember it as it is."""
        if reading.key is MISSING:  # could not be read this time
            return "unsure"
        old_key, old_bulk = self.key, self.bulk
        self.key, self.opaque = reading.key, reading.opaque
        if old_key is MISSING:
            self.bulk = reading.bulk
            return "unsure"
        if old_key != reading.key or (old_bulk is None) != (reading.bulk is None):
            self.bulk = reading.bulk
            return "changed"
        self.bulk = reading.bulk
        if MISSING in (old_bulk, reading.bulk) or reading.opaque:
            return "unsure"
        if old_bulk != reading.bulk:
            return "changed"
        return "same"


class Graph:
    """All objects reachable from one, and the names that are bound to that one."""

    __slots__ = ("by_source", "companies", "complete", "doubted", "drawn", "links", "names", "near", "nodes", "root")

    def __init__(self, root: int) -> None:
        self.root = root
        self.names: set[str] = set()
        self.nodes: set[int] = set()
        self.near: set[Graph] = set()
        """Graphs that share an object with this one."""
        self.companies: set[Company] = set()
        """With which graphs it may share one."""
        self.links: frozenset[str] = frozenset()
        """Global names that functions in it look up when they are called."""
        self.complete = False
        """Whether all its objects are known, as of the last cell that touched it."""
        self.doubted = False
        """Whether it may have changed since it was last compared: being as it was says nothing then."""
        self.drawn = False
        """Whether it belongs to matplotlib, so that pyplot may change it from afar."""
        self.by_source = False
        """Whether the source says what it looks up: a function or class that a name is bound to."""


class Company:
    """Graphs that were touched by one cell when not all of the suspects was known: any of these may share with any.

    One for all of them: pairs of thousands would be millions.
    """

    __slots__ = ("others", "suspects")

    def __init__(self, suspects: set[Graph], others: set[Graph]) -> None:
        self.suspects = suspects
        self.others = others

    def meet(self) -> None:
        """From now on they are known to have met."""
        earlier = {company for graph in self.suspects for company in graph.companies}
        if any(company._covers(self) for company in earlier):
            return
        for company in earlier:
            if self._covers(company):
                for graph in company.suspects | company.others:
                    graph.companies.discard(company)
        for graph in self.suspects | self.others:
            graph.companies.add(self)

    def leave(self, graph: Graph) -> None:
        """A graph is forgotten."""
        self.suspects.discard(graph)
        self.others.discard(graph)

    def _covers(self, other: "Company") -> bool:
        return other.suspects <= self.suspects and other.others <= self.others


class Groups:
    """What a change of a graph may reach, also through graphs that are not wholly known: each set is found once."""

    def __init__(self) -> None:
        self._found: dict[Graph, set[Graph]] = {}

    def of(self, graph: Graph) -> list[set[Graph]]:
        """Return sets that hold the graph and all it may reach. The same set is the same object."""
        found = [self._through_unknown(graph)]
        if graph.complete:  # what shares with it and is wholly known passes nothing on
            found += [self._through_unknown(other) for other in graph.near if other.complete and other not in found[0]]
        return found

    def _through_unknown(self, graph: Graph) -> set[Graph]:
        """Return what is joined to a graph by pairs that share, or may, of which one is not wholly known."""
        known = self._found.get(graph)
        if known is not None:
            return known
        found, queue = {graph}, [graph]
        passed: set[tuple[int, bool]] = set()
        while queue:
            at = queue.pop()
            meeting = [at.near]
            for company in at.companies:
                meeting += [company.others] if at in company.suspects else []
                meeting += [company.suspects] if at in company.others else []
            for place, graphs in enumerate(meeting):
                if place:  # of a company: all who are as this one reach the same
                    if not passed.isdisjoint([(id(graphs), at.complete), (id(graphs), False)]):
                        continue
                    passed.add((id(graphs), at.complete))
                new = [other for other in graphs if other not in found and not (at.complete and other.complete)]
                found.update(new)
                queue += new
        self._found.update(dict.fromkeys(found, found))
        return found


class Graphs:
    """The graphs of a namespace, with an index from each object to those that it is part of."""

    def __init__(self) -> None:
        self._nodes: dict[int, Node] = {}
        self._by_root: dict[int, Graph] = {}
        self._linked: dict[str, set[Graph]] = {}

    def at(self, root: int) -> Graph | None:
        """Return the graph of an object, None where it has none."""
        return self._by_root.get(root)

    def bind(self, name: str, root: int) -> Graph:
        """A name is bound to an object."""
        graph = self._by_root.get(root)
        if graph is None:
            graph = self._by_root[root] = Graph(root)
        graph.names.add(name)
        return graph

    def unbind(self, name: str, root: int) -> Graph | None:
        """A name is no longer bound to an object. Returns its graph, which is forgotten when it has no name left."""
        graph = self._by_root.get(root)
        if graph is None:
            return None
        graph.names.discard(name)
        if not graph.names:
            del self._by_root[root]
            self._own(graph, set(), ())
            self._link(graph, frozenset())
            for other in graph.near:
                other.near.discard(graph)
            for company in graph.companies:
                company.leave(graph)
        return graph

    def drawn_names(self) -> list[str]:
        """Return the names of what pyplot may draw into."""
        return [name for graph in self._by_root.values() if graph.drawn for name in graph.names]

    def wanting(self) -> list[str]:
        """Return a name for each graph of which something is not known yet."""
        return [next(iter(graph.names)) for graph in self._by_root.values() if self._is_wanting(graph)]

    def _is_wanting(self, graph: Graph) -> bool:
        return not graph.complete or any(self._nodes[ident].bulk is MISSING for ident in graph.nodes)

    def linked_to(self, name: str) -> Iterable[Graph]:
        """Return the graphs in which a function looks up a global name."""
        return self._linked.get(name, ())

    def owners(self, ident: int) -> Iterable[Graph]:
        """Return the graphs that an object is part of."""
        node = self._nodes.get(ident)
        return () if node is None else node.owners

    def compare(self, ident: int, reading: Reading) -> Verdict | None:
        """Return how an object differs from what it was; None where it was not known."""
        node = self._nodes.get(ident)
        return None if node is None else node.compare(reading)

    def remember(self, graph: Graph, found: list[int], look: Look, *, complete: bool) -> None:
        """Let a graph consist of the objects that were found in it."""
        if len(self._nodes) + len(found) - len(graph.nodes) > MOST_OBJECTS:
            found, complete = found[:1], False
        graph.complete = complete
        links: frozenset[str] = frozenset()
        for ident in found:
            reading = look.has_read(ident)
            if reading is not None and reading.links is not None:
                links |= reading.links
        self._link(graph, links)
        nodes = set(found)
        if nodes != graph.nodes:
            self._own(graph, nodes if complete else nodes | graph.nodes, found, look)

    def adopt(self, graph: Graph, found: list[int], look: Look) -> None:
        """Add objects to a graph that one of its objects now leads to."""
        if not graph.nodes.issuperset(found):
            self._own(graph, graph.nodes | set(found), found, look)

    def _own(self, graph: Graph, nodes: set[int], found: Iterable[int], look: Look | None = None) -> None:
        for ident in graph.nodes - nodes:
            node = self._nodes.get(ident)
            if node is not None:
                node.owners = tuple(owner for owner in node.owners if owner is not graph)
                if not node.owners:
                    del self._nodes[ident]
        alone = (graph,)
        for ident in found:
            if ident in graph.nodes or look is None:
                continue
            node = self._nodes.get(ident)
            if node is None:
                reading = look.has_read(ident)
                if reading is None:
                    continue
                node = self._nodes[ident] = Node(reading)
            elif not node.private:
                for other in node.owners:
                    if other is not graph:
                        other.near.add(graph)
                        graph.near.add(other)
            if not node.owners:
                node.owners = alone  # one tuple for all: most objects belong to one graph
            elif graph not in node.owners:
                node.owners = (*node.owners, graph)
        graph.nodes = nodes

    def _link(self, graph: Graph, links: frozenset[str]) -> None:
        if links == graph.links:
            return
        for name in graph.links - links:
            self._linked.get(name, set()).discard(graph)
        for name in links - graph.links:
            self._linked.setdefault(name, set()).add(graph)
        graph.links = links


class Walk:
    """What was found on the way through one graph."""

    __slots__ = ("complete", "found", "verdict")

    def __init__(self) -> None:
        self.found: list[int] = []
        self.complete = True
        self.verdict: Verdict = "same"


def walk(root: object, graphs: Graphs, look: Look, differing: dict[int, Verdict | None]) -> Walk:
    """Look at all objects reachable from one. `differing` gathers how each differs from what it was."""
    result = Walk()
    seen: set[int] = set()
    stack = [root]
    while stack:
        value = stack.pop()
        ident = identity(value)
        if ident in seen:
            continue
        seen.add(ident)
        reading = look.reading(value)
        if reading is None or len(result.found) >= MOST_IN_GRAPH:
            result.complete = False
            break
        if reading.unkept:
            continue
        if ident not in differing:
            differing[ident] = graphs.compare(ident, reading)
        verdict = differing[ident]
        if verdict == "changed":
            result.verdict = "changed"
        elif result.verdict == "same" and (verdict == "unsure" or reading.opaque or reading.partial):
            result.verdict = "unsure"
        if reading.partial:
            result.complete = False
        result.found.append(ident)
        stack.extend(reading.children)
    return result


def below(ident: int, look: Look) -> list[int]:
    """Return the objects that one leads to, of those that were looked at."""
    found: list[int] = []
    seen: set[int] = set()
    stack = [ident]
    while stack:
        at = stack.pop()
        if at in seen:
            continue
        seen.add(at)
        reading = look.has_read(at)
        if reading is None or reading.unkept:
            continue
        found.append(at)
        stack.extend(map(identity, reading.children))
    return found
