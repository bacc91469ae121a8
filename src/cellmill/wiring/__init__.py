"""The composition root: reads settings, picks adapters, and puts the capabilities together for the doors."""
