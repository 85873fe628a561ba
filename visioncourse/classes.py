"""Classes that grow over several cells of a notebook."""

from collections.abc import Callable


def add_to(cls: type) -> Callable:
    """Decorator that puts the function below it into `cls` as a method, and returns the function.

    >>> class Counter: pass
    >>> @add_to(Counter)
    ... def count(self): return 1
    >>> Counter().count()
    1
    """
    if not isinstance(cls, type):
        raise TypeError(f"add_to needs a class, not {cls!r}: write @vc.add_to(ClassName)")

    def put(function: Callable) -> Callable:
        setattr(cls, function.__name__, function)
        return function

    return put
