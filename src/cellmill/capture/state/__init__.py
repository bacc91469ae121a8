"""What did a cell do to the user's names? Found by comparing their objects with what they held before.

    state = NamespaceState(shell.user_ns, hidden=set(shell.user_ns_hidden))     # once; a few microseconds
    ...                                                                          # the cell runs
    changes = state.after(found.reads | found.writes, budget_s=max(0.0003, 0.01 * seconds))

`after` is to be called at the end of every cell; nothing is needed at its start. `touched` are the names that
the cell's source reads or writes, functions resolved. `everything=True` compares all names: for cells that
touch names which the source does not show (`exec`, `eval`, `globals()`, `%run`).

Of the answer, `bound`, `deleted` and `changed` are certain. `unsure` are names that could have changed and
could not be compared, for lack of time or because they are opaque (a generator, a socket, memory of a GPU).
There the source must decide, and it decides for the whole group: when the source writes a name, or it surely
changed, all unsure names that `aliases` puts with it are to be counted as changed.

`catch_up(budget_s)` is for the time between cells: it looks at what there was no time for, so that the next
comparison is sure. Call it once after each cell, when the kernel is idle; it does nothing where all is known.

No user code runs in here: objects are read by their exact types, past every `__eq__`, `__hash__`,
`__getattribute__` and property. No object is kept alive: what is remembered are ids and digests (and numbers
and short texts themselves, whose ids would else be used again). No weak references are made either: numpy
refuses to resize an array that has one.
"""

from cellmill.capture.state.namespace import Changes, NamespaceState, hidden_by_ipython

__all__ = ["Changes", "NamespaceState", "hidden_by_ipython"]
