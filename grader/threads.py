"""One numerical thread per process: with a process on every core, threads of their own only get in each other's way."""

import os

SETTINGS = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}


def one_each() -> None:
    """Make this process's children, and NumPy if it is not loaded yet, compute on one thread, unless the caller has chosen."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
