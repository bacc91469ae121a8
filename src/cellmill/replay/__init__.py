"""Making a run again, and comparing."""
