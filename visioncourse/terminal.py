"""What a terminal shows of signs that its encoding does not have."""

import codecs
import contextlib
import sys

_PLAIN = {"✓": "+", "✗": "x", "✕": "x", "○": "o", "★": "*", "☆": ".", "·": "-", "…": "...", "×": "x", "−": "-",
          "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-"}


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(sign, "?") for sign in error.object[error.start:error.end]), error.end


def show_every_sign() -> None:
    """From here on no sign ends the program: what standard output cannot encode is shown by a plainer sign, or as `?`."""
    codecs.register_error("visioncourse.plainly", _plainly)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):     # somebody else's stream, or none
            stream.reconfigure(errors="visioncourse.plainly")              # type: ignore[union-attr]    # a TextIOWrapper
