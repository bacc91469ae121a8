"""A lock of a run's environment that pip and uv install: what was imported, and what that needs, pinned.

Versions of imported distributions are the journal's. Those that they need in turn are looked up where the
kernel looked for modules, which may be gone or changed when the recorder comes by: then they are left to
the installer, and the lock says so.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import Distribution, distributions

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from cellmill.core.runs import Surroundings


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
                pinned[needed] = (installed[needed].metadata["Name"], installed[needed].version)
                queue.append(needed)
    lines = [f"# Python {surroundings.python} on {surroundings.platform}"]
    if unknown:
        lines.append(f"# What these need was no longer installed as it was: {', '.join(sorted(unknown))}")
    lines += [f"# installed from {url}: {pinned[name][0]}" for name, url in sorted(local.items())]
    lines += [f"{name}=={version}" for key, (name, version) in sorted(pinned.items()) if key not in local]
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=8)
def _installed(path: tuple[str, ...]) -> Mapping[str, Distribution]:
    found: dict[str, Distribution] = {}
    for distribution in distributions(path=list(path)):
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(canonicalize_name(name), distribution)  # the first on the path is what is imported
    return found


def _needed(distribution: Distribution) -> Iterator[str]:
    for text in distribution.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


def _direct_url(distribution: Distribution) -> str | None:
    """Return where a distribution was installed from that no index has: a folder, a repository (PEP 610)."""
    import json

    text = distribution.read_text("direct_url.json")
    try:
        told = json.loads(text) if text else {}
    except ValueError:
        return None
    url = told.get("url")
    if url is None:
        return None
    commit = told.get("vcs_info", {}).get("commit_id")
    return f"{url}@{commit}" if commit else str(url)
