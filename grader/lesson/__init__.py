"""A lesson source: its cells, what depends on what, what is refused, and how it is read. Knows no other room."""
