"""How far a notebook has come, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cellmill.core.ports import Progress


@contextmanager
def named_progress(*, silent: bool) -> Iterator[Callable[[str, Progress | None], None]]:
    """Give a function to be told what is being done, and how far it has come; where it is silent, nothing is drawn."""
    if silent:
        yield lambda words, progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def told(words: str, progress: Progress | None) -> None:
            if progress is None:
                bar.update(task, description=words)
            else:
                bar.update(task, description=words, completed=progress.done, total=progress.total)

        yield told


@contextmanager
def cell_progress(name: str, *, silent: bool) -> Iterator[Callable[[Progress], None]]:
    """Give a function to be told of each cell that ends; where it is silent, nothing is drawn."""
    if silent:
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)

        def told(progress: Progress) -> None:
            done = progress.done == progress.total
            took = f": cell {progress.number}, {progress.seconds:.1f} s" if progress.seconds is not None else ""
            words = f"{name}: recording its runs" if done else f"{name}{took}"
            bar.update(task, completed=progress.done, total=progress.total, description=words)

        yield told
