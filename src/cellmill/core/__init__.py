"""The nouns of Cellmill: frozen values, ids, ports and errors. Imports nothing but the standard library."""
