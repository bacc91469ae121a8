"""`python -m cellmill` is `cellmill`."""

from cellmill.cli import main

main()
