"""What a check says to the learner: one short verdict, as HTML in a notebook and as plain text in a terminal."""

from dataclasses import asdict, dataclass, field
from html import escape

_WORDS = {"passed": "Passed", "failed": "Not yet", "not attempted": "Not attempted", "broken": "This check could not run"}
_COLOURS = {"passed": "#0072B2", "failed": "#D55E00", "not attempted": "#888888", "broken": "#888888"}
_SIGNS = {"passed": "\N{CHECK MARK}", "failed": "\N{MULTIPLICATION X}", "not attempted": "\N{WHITE CIRCLE}", "broken": "?"}


@dataclass
class Verdict:
    """Outcome of one check.

    status: "passed", "failed", "not attempted" or "broken" (the check itself failed: not the learner's fault).
    passed, total: properties that held, and properties in the text; points, worth: what was earned, and what could be.
    """

    lesson: str
    check: str
    status: str
    passed: int = 0
    total: int = 0
    points: float = 0
    worth: float = 0
    hidden: bool = True
    headline: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)     # (label, text): input, got, wanted, where
    diagnosis: str = ""
    note: str = ""

    def title(self) -> str:
        """The first line: what happened, and how many properties and points."""
        said = f"{_WORDS[self.status]}: {self.check}"
        if self.status in ("passed", "failed") and self.total:
            said += f", {self.passed} of {self.total} properties hold"
        if self.worth and self.hidden and self.status != "broken":
            said += f", {_points(self.points)} of {_points(self.worth)} point{'' if self.worth == 1 else 's'}"
        return said

    def __str__(self) -> str:
        lines = [f"{_SIGNS[self.status]} {self.title()}"]
        if self.headline:
            lines.append(f"  {self.headline}")
        lines += [f"    {label + ':':8s} {text}" for label, text in self.facts]
        if self.diagnosis:
            lines.append(f"  Diagnosis: {self.diagnosis}")
        if self.note:
            lines.append(f"  {self.note}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left;vertical-align:top;opacity:.75;padding:1px 12px 1px 0'>{escape(label)}</td>"
            f"<td style='text-align:left'><code style='white-space:pre-wrap;background:none'>{escape(text)}</code></td></tr>"
            for label, text in self.facts
        )
        parts = [f"<b><span aria-hidden='true'>{_SIGNS[self.status]}</span> {escape(self.title())}</b>"]
        if self.headline:
            parts.append(f"<div>{escape(self.headline)}</div>")
        if rows:
            parts.append(f"<table style='margin:4px 0;border:none;font-size:100%'>{rows}</table>")
        if self.diagnosis:
            parts.append(f"<div><b>Diagnosis:</b> {escape(self.diagnosis)}</div>")
        if self.note:
            parts.append(f"<div style='opacity:.75'>{escape(self.note)}</div>")
        return (
            f"<div class='vc-verdict' data-status='{self.status}' data-check='{escape(self.check, quote=True)}' role='status' "
            f"style='border-left:4px solid {_COLOURS[self.status]};padding:4px 12px;margin:4px 0'>{''.join(parts)}</div>"
        )

    def as_dict(self) -> dict:
        """Plain data, for a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict) -> "Verdict":
        """The verdict that `as_dict` made; what JSON made lists of are pairs again."""
        return cls(**{**plain, "facts": [(label, text) for label, text in plain["facts"]]})


def _points(x: float) -> str:
    return f"{x:g}"
