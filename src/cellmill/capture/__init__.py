"""Events in, runs out. The kernel's side writes the journal; the recorder's side reads it."""
