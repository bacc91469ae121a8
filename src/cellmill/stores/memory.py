"""A store and a registry in memory. The contract suite keeps them honest, so tests may trust them."""

import re
from dataclasses import replace

from cellmill.core.clock import now_ms
from cellmill.core.errors import InvalidAlias, InvalidModelName, RunWithoutModel
from cellmill.core.ids import RunId, SessionId
from cellmill.core.models import RegisteredModel, Registration, Version
from cellmill.core.ports import Recorded, RunFiles
from cellmill.core.runs import Run


class MemoryRunStore:
    """A `RunStore` that forgets."""

    uri = "memory:"

    def __init__(self) -> None:
        self.runs: dict[RunId, Run] = {}
        self.documents: dict[RunId, dict[str, bytes]] = {}
        self.parents: dict[RunId, str | None] = {}
        self.puts = 0
        self._recorded: dict[RunId, Recorded] = {}

    def recorded(self, session: SessionId) -> dict[RunId, Recorded]:
        """See `RunStore`."""
        return {run: found for run, found in self._recorded.items() if self.runs[run].session == session}

    def put(
        self, run: Run, files: RunFiles, *, digest: str, known: Recorded | None, parent: str | None = None
    ) -> Recorded:
        """See `RunStore`."""
        self.parents[run.run] = parent
        self.puts += 1
        documents = dict(files.documents or {})
        self.runs[run.run], self.documents[run.run] = run, documents
        store_id = known.store_id if known is not None else f"memory-{run.run}"
        self._recorded[run.run] = Recorded(run.run, store_id, digest)
        return self._recorded[run.run]

    def find(self, store_id: str) -> tuple[Run, dict[str, bytes]]:
        """Return the run of this id, and its documents."""
        run = next(run for run, found in self._recorded.items() if found.store_id == store_id)
        return self.runs[run], self.documents[run]

    def delete(self, recorded: Recorded) -> None:
        """See `RunStore`."""
        self._recorded[recorded.run] = replace(self._recorded[recorded.run], is_deleted=True)

    def delete_by_hand(self, store_id: str) -> None:
        """Do what a user does on MLflow's page."""
        self.delete(self._recorded[self.find(store_id)[0].run])

    def has_model(self, store_id: str) -> bool:
        """Return whether the run of this id brought a model."""
        return any(r.store_id == store_id and self.runs[r.run].model is not None for r in self._recorded.values())


class MemoryModelRegistry:
    """A `ModelRegistry` that forgets."""

    def __init__(self, runs: MemoryRunStore) -> None:
        self._runs = runs
        self._models: dict[str, tuple[Version, ...]] = {}

    def models(self) -> tuple[RegisteredModel, ...]:
        """See `ModelRegistry`."""
        return tuple(RegisteredModel(name, versions) for name, versions in sorted(self._models.items()))

    def register(self, registration: Registration, *, store_id: str) -> Version:
        """See `ModelRegistry`."""
        name, alias = registration.name, registration.alias
        if not name.strip() or "/" in name or ":" in name or name in (".", ".."):
            raise InvalidModelName(name, reason="it is empty, a path, or has a '/' or ':'")
        if alias is not None and not re.fullmatch(r"[\w\-]{1,255}", alias):
            raise InvalidAlias(alias, reason="only letters, digits, '_' and '-' may stand in it")
        if alias is not None and re.fullmatch(r"latest|v\d+", alias.lower()):
            raise InvalidAlias(alias, reason="it is reserved")
        if not self._runs.has_model(store_id):
            raise RunWithoutModel(registration.run, reason="the store holds none for it")
        have = self._models.get(name, ())
        made = Version(
            name=name,
            version=str(len(have) + 1),
            aliases=(alias,) if alias else (),
            run=registration.run,
            notebook=registration.tags.get("cellmill.notebook"),
            created_ms=now_ms(),
            tags=dict(registration.tags),
        )
        kept = tuple(replace(v, aliases=tuple(a for a in v.aliases if a != alias)) for v in have)
        self._models[name] = (made, *kept)
        return made
