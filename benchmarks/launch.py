"""Runs inside each measured kernel's process: starts ipykernel, with or without Cellmill's start-up file.

`launch.py WITH|WITHOUT -f CONNECTION_FILE …`. Both go through this file, so both pay for it. Without, the
environment's start-up folders are taken from IPython's own list before it reads them: nothing installed
is touched, and the kernel is the one that a user has who never installed Cellmill.
"""

import sys
from pathlib import Path

WITH, WITHOUT = "with-startup-files", "without-startup-files"


def main() -> None:
    """Start the kernel. The first argument is ours, the rest are ipykernel's."""
    # A script's own folder comes first on the path; of `python -m ipykernel_launcher` there is none.
    if sys.path and Path(sys.path[0]) == Path(__file__).parent:
        del sys.path[0]
    startup = sys.argv.pop(1)
    from IPython.core import application

    if startup == WITHOUT:
        application.ENV_CONFIG_DIRS.clear()
        application.SYSTEM_CONFIG_DIRS.clear()
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
