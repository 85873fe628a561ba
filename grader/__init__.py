"""Builds the notebooks from their sources, proves their checks, checks a learner's work, and runs a class with nbgrader."""
