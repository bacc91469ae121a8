"""Which steps must run, and why. Pure: records of the last run and what is there now in, reasons out.

By content: a step runs again when its code, its parameters, what earlier steps gave, the files that it read, its
modules or the packages that it imported are others than they were, or when what it wrote is gone. A time of change
decides nothing.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from itertools import takewhile
from typing import Any

from cellmill.core.given_values import as_plain
from cellmill.core.pipeline_runs import FileSeen, StepNow, StepRecord
from cellmill.core.pipelines import Pipeline

NEVER, FAILED, ASKED = "never run", "failed last time", "asked for"
_LONGEST_VALUE = 40
_MOST_REASONS = 4


def reasons(record: StepRecord | None, now: StepNow, *, hidden: Collection[str] = ()) -> tuple[str, ...]:
    """Return why a step must run, the plainest reason first; empty when nothing has changed since it ran.

    The values of `hidden` parameters are not told.
    """
    if record is None:
        return (NEVER,)
    if record.outcome != "ok":
        return ({"interrupted": "interrupted last time"}.get(record.outcome, FAILED),)
    found = [
        *(["its source changed"] if record.source != now.source else []),
        *_interpreter(record.interpreter, now.interpreter),
        *_parameters(record.parameters, now.parameters, hidden),
        *_upstream(record, now),
        *_files(record.reads, now.files, "changed", "is gone"),
        *(f"{path} is among what it reads now" for path in now.reads if path not in {f.path for f in record.reads}),
        *_listings(record, now),
        *_files(record.modules, now.files, "changed", "is gone"),
        *(f"it read more files in {folder} than are told one by one" for folder in record.untold),
        *_distributions(record, now),
        *_files(record.writes, now.files, "was changed since it wrote it", "is gone"),
        *(f"it is to write {path} now" for path in now.writes if path not in {f.path for f in record.writes}),
        *(f"its {name} is asked for now" for name in now.asks if name not in record.asks),
        *(
            ["the values that it handed over are gone, or of another Cellmill"]
            if record.manifest is not None and now.manifest is None
            else []
        ),
    ]
    if record.manifest is not None and now.manifest is not None and record.manifest != now.manifest:
        found.append("the values that it handed over were changed")
    more = len(found) - _MOST_REASONS
    return tuple(found if more <= 1 else [*found[:_MOST_REASONS], f"and {more} more"])


def _interpreter(before: str | None, now: str | None) -> Iterable[str]:
    """Another one has other packages, though those that it ran with may still be where they were."""
    if before is not None and before != now:
        yield f"it would run with {now or 'another interpreter'} and not with {before}"


def _parameters(before: Mapping[str, Any], now: Mapping[str, Any], hidden: Collection[str]) -> Iterable[str]:
    for name in dict.fromkeys([*before, *now]):
        if name not in now:
            yield f"{name} is not given any more"
        elif name not in before:
            yield f"{name} is given" if name in hidden else f"{name} is {_shown(now[name])}"
        elif canonical(before[name]) != canonical(now[name]):
            yield f"{name} changed" if name in hidden else f"{name} {_shown(before[name])} -> {_shown(now[name])}"


def _upstream(record: StepRecord, now: StepNow) -> Iterable[str]:
    for step, digest in now.upstream.items():
        if step not in record.upstream:
            yield f"it comes after {step} now"
        elif record.upstream[step] != digest:
            yield f"{step} was run again and gives other values"
    for step in record.upstream:
        if step not in now.upstream:
            yield f"it does not come after {step} any more"


def _files(before: Iterable[FileSeen], now: Mapping[str, str | None], changed: str, gone: str) -> Iterable[str]:
    for seen in before:
        if seen.path in now and now[seen.path] is None:
            yield f"{seen.path} {gone}"
        elif seen.path in now and now[seen.path] != seen.sha256:
            yield f"{seen.path} {'was changed while it ran' if seen.was_changed else changed}"


def _listings(record: StepRecord, now: StepNow) -> Iterable[str]:
    told = {file.path for file in (*record.reads, *record.writes)} | now.made
    for pattern, before in record.listings.items():
        after = now.listings.get(pattern, before)
        for changed, words in ((set(after) - set(before), "is new in"), (set(before) - set(after), "is gone from")):
            paths = sorted(changed - told)
            if paths:
                more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
                yield f"{paths[0]}{more} {words.replace('is', 'are', 1) if more else words} {pattern}"


def _distributions(record: StepRecord, now: StepNow) -> Iterable[str]:
    for name, installed in record.distributions.items():
        version = now.distributions.get(name, installed.version)
        if version != installed.version:
            yield f"{name} {installed.version} -> {version or 'not installed'}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def canonical(value: Any) -> str:
    """Return the same text for equal values, after a way through JSON too."""
    return json.dumps(as_plain(value), sort_keys=True)


def given(upstream: Iterable[StepRecord], reads: Collection[str], writes: Collection[str]) -> str:
    """Return what a step gave to one after it, as one digest. `upstream` are its records, one for each item.

    Where the later step was seen to read files of it, these are looked at one by one, and of the rest only their names
    count where they lie beside those: it may read whatever is in the folder. Where they both write a file, or nothing
    is known to be given at all, each run of it counts as another.
    """
    parts: list[object] = []
    for record in upstream:
        written = {file.path: file for file in record.writes}
        if record.manifest is not None:
            parts.append(record.manifest)
        if not written.keys().isdisjoint(writes) or (record.manifest is None and not written):
            parts.append(record.session)
        elif written.keys().isdisjoint(reads):
            parts.append([[path, file.sha256] for path, file in sorted(written.items())])
        else:
            parts.append(_beside(written.keys() & reads, written))
    return digest_of(parts)


def _beside(read: Collection[str], written: Iterable[str]) -> list[str]:
    """Return the files that lie where those do that were read: in their folder, or below the one that theirs share.

    A folder as `year=2013` is a part of the one above it. Paths are the project's, or whole.
    """
    folders = {path.rpartition("/")[0] for path in read}
    shared = [each.split("/") for each in folders]
    above = [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*shared, strict=False))]
    while above and "=" in above[-1]:
        above.pop()
    whole = "/".join(above)
    if whole == "" or folders == {whole}:
        return sorted(path for path in written if path.rpartition("/")[0] in folders)
    return sorted(path for path in written if path.startswith(f"{whole}/"))


def digest_of(value: Any) -> str:
    """Return one short text for a value that JSON can carry."""
    return hashlib.sha256(canonical(value).encode("utf-8", "replace")).hexdigest()[:32]


def selected(
    pipeline: Pipeline, *, start: Collection[str], stop: Collection[str], only: Collection[str]
) -> frozenset[str]:
    """Return the steps that may run: those from `start` on, up to `stop`, or `only` these; all where all are empty."""
    if only:
        return frozenset(only)
    names = frozenset(pipeline.names)
    if start:
        names &= frozenset(start).union(*(pipeline.below(name) for name in start))
    if stop:
        names &= frozenset(stop).union(*(pipeline.above(name) for name in stop))
    return names


def source_digest(document: Mapping[str, Any]) -> str:
    """Return the digest of a notebook's code: with its tags and its kernel, without its text and outputs."""
    cells = [
        [cell["source"], sorted(tag for tag in cell["metadata"].get("tags", ()) if isinstance(tag, str))]
        for cell in document["cells"]
        if cell["cell_type"] == "code"
    ]
    return digest_of([document["metadata"].get("kernelspec", {}).get("name"), cells])
