"""Modules as they were before a notebook ran: what the worker's own code calls is not what the notebook has put in their place."""

import sys
from collections import ChainMap
from types import ModuleType

from ..judging import codec, counting, crossing, transport
from . import channel, shell, worker

_OURS = (codec, counting, crossing, transport, channel, worker, shell)
_SHARED = {(shell, name) for name in ("sys", "builtins", "getpass")}     # where the shell puts what notebooks are to find
_INNER = {"numpy": ("random",)}                        # modules reached through another
_KNOWN = ("numpy", "torch")                            # looked up by name where a value may be theirs


def keep_references() -> None:
    """Put copies of modules into the code that answers in a worker; to be called again when more has been imported."""
    copies: dict[str, ModuleType] = {}
    for ours in _OURS:
        for name, held in list(vars(ours).items()):
            if isinstance(held, ModuleType) and not held.__name__.startswith("grader") and (ours, name) not in _SHARED:
                setattr(ours, name, _copy(sys.modules.get(held.__name__, held), copies))
    known = {name: _copy(sys.modules[name], copies) for name in _KNOWN if name in sys.modules}
    for module in {id(m): m for m in (vars(ours).get("sys") for ours in _OURS if (ours, "sys") not in _SHARED) if m is not None}.values():
        module.modules = ChainMap(known, sys.modules)  # our copy's, not Python's


def _copy(module: ModuleType, copies: dict[str, ModuleType]) -> ModuleType:
    if module.__name__ not in copies:
        made = copies[module.__name__] = ModuleType(module.__name__)
        made.__dict__.update(vars(module))
        for name in _INNER.get(module.__name__, ()):
            setattr(made, name, _copy(getattr(module, name), copies))
    return copies[module.__name__]
