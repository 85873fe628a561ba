"""Imported for its effect: in a notebook, a failed import of one of the course's packages is explained below its traceback."""

from .desk import troubles

troubles.explain_imports()
