"""Making a run's model a registered version."""
