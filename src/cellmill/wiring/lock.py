"""A lock of a run's environment that pip and uv install: what was imported, and what that needs, pinned.

Versions of imported distributions are the journal's. Those that they need in turn are looked up where the
kernel looked for modules, which may be gone or changed when the recorder comes by: then they are left to
the installer, and the lock says so.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import distributions

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from cellmill.core.runs import Surroundings

_FOLD = re.compile(r"\n[ \t]+")
# Alone, or as one of several conditions that all must hold.
_EXTRA = re.compile(r";(?!.*\bor\b).*\bextra\s*==\s*['\"][^'\"]")


def lock_of(surroundings: Surroundings) -> str:
    """Return the text of a requirements file, one `name==version` a line."""
    pinned: dict[str, tuple[str, str]] = {
        canonicalize_name(name): (name, version) for name, version in surroundings.distributions.items()
    }
    local: dict[str, str] = {}
    unknown: set[str] = set()
    installed = _installed(surroundings.path)
    queue = list(pinned)
    while queue:
        name = queue.pop()
        found = installed.get(name)
        if found is None or found.version != pinned[name][1]:
            unknown.add(pinned[name][0])
            continue
        if (url := _direct_url(found)) is not None:
            local[name] = url
        for needed in _needed(found):
            if needed not in pinned and needed in installed:
                pinned[needed] = (installed[needed].name, installed[needed].version)
                queue.append(needed)
    lines = [f"# Python {surroundings.python} on {surroundings.platform}"]
    if unknown:
        lines.append(f"# What these need was no longer installed as it was: {', '.join(sorted(unknown))}")
    lines += [f"# installed from {url}: {pinned[name][0]}" for name, url in sorted(local.items())]
    lines += [f"{name}=={version}" for key, (name, version) in sorted(pinned.items()) if key not in local]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class _Installed:
    """What is asked of a distribution. importlib.metadata parses the whole file, as mail, for each of it."""

    name: str
    version: str
    requires: tuple[str, ...]
    read: Callable[[str], str | None]


@lru_cache(maxsize=8)
def _installed(path: tuple[str, ...]) -> Mapping[str, _Installed]:
    found: dict[str, _Installed] = {}
    for distribution in distributions(path=list(path)):
        text = distribution.read_text("METADATA")
        if text is None:  # of an older form
            name, version = str(distribution.metadata["Name"] or ""), distribution.version
            requires = tuple(distribution.requires or ())
        else:
            head = _FOLD.sub(" ", text.replace("\r\n", "\n").partition("\n\n")[0])
            fields = [line.partition(":")[::2] for line in head.split("\n")]
            told = {key: value.strip() for key, value in reversed(fields)}
            name, version = told.get("Name", ""), told.get("Version", "")
            requires = tuple(value.strip() for key, value in fields if key == "Requires-Dist")
        if name:  # the first on the path is what is imported
            found.setdefault(canonicalize_name(name), _Installed(name, version, requires, distribution.read_text))
    return found


def _needed(distribution: _Installed) -> Iterator[str]:
    for text in distribution.requires:
        if _EXTRA.search(text):
            continue  # of an extra that nobody has asked for: most are
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


def _direct_url(distribution: _Installed) -> str | None:
    """Return where a distribution was installed from that no index has: a folder, a repository (PEP 610)."""
    import json

    text = distribution.read("direct_url.json")
    try:
        told = json.loads(text) if text else {}
    except ValueError:
        return None
    url = told.get("url")
    if url is None:
        return None
    commit = told.get("vcs_info", {}).get("commit_id")
    return f"{url}@{commit}" if commit else str(url)
