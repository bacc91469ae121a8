"""Notebook documents in, notebook documents out."""
