"""A text without what is never the same twice: times, addresses, places. Pure.

What is left out must be told from a result, by its form and by what stands around it: a number above the `min` of
`describe()` took no minutes. Where that cannot tell, the text stays as it is. Of a split or a pick, two runs of the
whole show what sways.
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_UNIT = r"(?:(?:ns|[µμ]s|us|ms|s)(?:/\w+)?|secs?|seconds?|mins?|minutes?|it/s)\b"
# `3.2 min 0.1` is a number and the label of the next one, `freq='30min'` and `the 1990s` are no durations. Keras
# writes them between codes of colour.
_DURATION = (
    r"(?:(?<![\w.'\"])(?<!Freq: )(?<!\x1b\[)|(?<=\x1b\[\dm)|(?<=\x1b\[\d\dm))(?:"
    r"\d+ ?h(?:ours?)?,? ?\d+ ?m(?:in(?:utes?)?)?\b(?:,? ?\d+(?:\.\d+)? ?s(?:ec(?:onds?)?)?\b)?|"
    r"\d+ ?m(?:in(?:utes?)?)?,? ?\d+(?:\.\d+)? ?s(?:ec(?:onds?)?)?\b|"
    rf"(?!(?:1[89]|20)\d0s\b){_NUMBER}{_UNIT}|"
    rf"{_NUMBER} {_UNIT}(?![ \t]*[:=]?[ \t]*(?:[-+]?\.?\d|nan\b|inf\b)))"
)
_WORDS = ("started", "start", "began", "finished", "ended", "end", "done", "now")
_SAID = "|".join(f"(?<={word}{mark})" for word in _WORDS for mark in (" at ", ": ", " "))
_CLOCK = (
    r"(?:\d{1,3}:)?\d\d:\d\d<(?:(?:\d{1,3}:)?\d\d:\d\d|\?)|"  # a progress bar's
    r"(?<![\d:.])(?<!days )(?<!day )(?<!day, )(?<!days, )\d{1,2}:[0-5]\d:[0-5]\d(?:[.,]\d+)?(?![\d:])|"
    rf"(?=\d{{1,2}}:)(?i:{_SAID})\d{{1,2}}:[0-5]\d(?![\d:])"  # without seconds it may be a ratio, or a result
)
_DATE = r"(?<!\d)(?P<date>\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)"
# What is shorter may be a checksum.
_ADDRESS = r"(?<=at )0x[0-9a-fA-F]{6,16}|0x[0-9a-fA-F]{9,16}"
# A slash after a word or a number is a fraction, a date, or part of a path that is the same in every folder.
_FOLDERS = r"(?<![\w.+)\]}%])/[^\s\"'<>,;|:()\[\]{}=]*/"
_PARTS = (_DATE, _ADDRESS, _DURATION, _CLOCK, r"<ipython-input-\S+>|Cell In\[\d+\]", _FOLDERS)
_UNSTEADY = re.compile(rf"(?=[\d/<C])(?:{'|'.join(_PARTS)})")  # how each begins: most of a text is passed over at once
_DAY = timedelta(days=1)


def steady(text: str, days: Collection[str] = ()) -> str:
    """Return a text without times, addresses, and the folders of whole paths.

    Of dates those of `days` are left out, at which it was shown: what happened on another day is data. Two texts that
    are to be compared need the same ones.
    """

    def without(found: re.Match[str]) -> str:
        date = found["date"]
        return found[0] if date is not None and date not in days else "~"

    return _UNSTEADY.sub(without, text)


def days_around(*moments_ms: int | None) -> frozenset[str]:
    """Return the dates that it may have been at these moments, wherever: the day before and after too."""
    days = [datetime.fromtimestamp(moment / 1000, UTC) for moment in moments_ms if moment is not None]
    return frozenset(f"{day + step:%Y-%m-%d}" for day in days for step in (-_DAY, _DAY * 0, _DAY))
