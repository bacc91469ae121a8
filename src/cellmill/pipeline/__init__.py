"""Notebooks as steps that run headlessly with parameters."""
