"""The shell inside the user's kernel: IPython's events in, the capture layer called, nothing decided."""
