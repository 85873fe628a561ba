"""A matplotlib figure as PNG bytes that are the same every time."""

import contextlib
import io

DPI = 100


@contextlib.contextmanager
def plain_figure(width: int, height: int):
    """A new Figure of width x height pixels in matplotlib's default style, whatever style the notebook has chosen."""
    from matplotlib import style
    from matplotlib.figure import Figure

    with style.context("default"):
        yield Figure(figsize=(width / DPI, height / DPI), dpi=DPI)


def to_png(figure) -> bytes:
    """PNG bytes with a palette of 256 colours and no version or date, so that equal figures give equal bytes."""
    from PIL import Image

    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    image = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(packed, format="png", optimize=True)
    return packed.getvalue()
