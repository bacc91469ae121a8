"""May the user's code around a call write into an array that is there? A quick look, without parsing anything."""

import linecache
import re
from collections.abc import Iterable
from functools import lru_cache
from types import FrameType

from cellmill.dataflow.targets import WRITING

_WRITES = re.compile(rf"(?:[-+*/%&|^@]|<<|>>)=|\]\s*=(?!=)|\bout\s*=|\b(?:{'|'.join(WRITING)}|[a-z]\w*_)\(")


def may_write(frames: Iterable[FrameType]) -> bool:
    """Return whether the sources of frames have what writes into objects: `p += q`, `p[mask] = q`, `out=p`.

    The sources, for of a cell each statement is code of its own.
    """
    return any(_may_write("".join(linecache.getlines(name))) for name in {each.f_code.co_filename for each in frames})


@lru_cache(maxsize=64)
def _may_write(source: str) -> bool:
    return _WRITES.search(source) is not None
