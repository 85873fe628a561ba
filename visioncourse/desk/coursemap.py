"""The map of the course: `vc.progress()` shows every lesson as a station, what is done at each, and where to go on."""

import os
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path

from . import journal

_DONE, _BEGUN, _NEW = "\N{CHECK MARK}", "\N{CIRCLE WITH LEFT HALF BLACK}", "\N{WHITE CIRCLE}"
_BLUE, _GRAY = "#0072B2", "#777777"
_COLUMNS = 6                                           # stations in a row of the picture


@dataclass(frozen=True)
class Step:
    """One exercise. number: such as "2.1"; stars: 1 to 3; passed: how many of its checks have passed; earned: of the points it is worth."""

    name: str
    number: str
    title: str
    stars: int
    minutes: int
    passed: int
    checks: int
    earned: float
    worth: float

    @property
    def done(self) -> bool:
        """Whether every check has passed."""
        return self.passed == self.checks

    @property
    def sign(self) -> str:
        """A check mark, a half circle where some checks have passed, or an empty circle."""
        return _DONE if self.done else _BEGUN if self.passed else _NEW

    @property
    def difficulty(self) -> str:
        """Three stars, as many of them black as the exercise has."""
        return "\N{BLACK STAR}" * self.stars + "\N{WHITE STAR}" * (3 - self.stars)


@dataclass(frozen=True)
class Station:
    """One lesson. touched: when a check last passed, or ""."""

    lesson: str
    title: str
    exercises: list[Step]
    touched: str = ""

    @property
    def done(self) -> int:
        """Exercises of which every check has passed."""
        return sum(e.done for e in self.exercises)

    @property
    def state(self) -> str:
        """"done", "begun" or "not begun"."""
        if self.exercises and self.done == len(self.exercises):
            return "done"
        return "begun" if any(e.passed for e in self.exercises) else "not begun"

    @property
    def label(self) -> str:
        """What stands in the station's sign: "02" for a lecture, "a1" for a part of an assignment."""
        folder, _, name = self.lesson.partition("/")
        return name[:2] if folder == "lectures" else folder

    @property
    def name(self) -> str:
        """The title without "Lecture 02 · "."""
        return self.title.partition(" · ")[2] or self.title

    def count(self) -> str:
        """"2 of 7 exercises, 3 of 9 points"."""
        earned, worth = sum(e.earned for e in self.exercises), sum(e.worth for e in self.exercises)
        return f"{self.done} of {len(self.exercises)} exercises, {earned:g} of {worth:g} points"

    def left(self) -> str:
        """"about 25 minutes left", from the exercises that are not done; "" where nothing is left."""
        minutes = sum(e.minutes for e in self.exercises if not e.done)
        return f"about {_minutes(minutes)} left" if minutes else ""


class Progress:
    """What is done across the course; shows itself as a map in a notebook and as text in a terminal."""

    title = "map of the course"

    def __init__(self) -> None:
        done = journal.read()
        self.stations = []
        for lesson, contents in journal.course().items():
            exercises = []
            for name, exercise in contents["exercises"].items():
                checks = exercise["checks"]
                passed = [c for c in checks if f"{lesson}:{c}" in done]
                exercises.append(Step(name, exercise["number"], exercise["title"], exercise["stars"], exercise["minutes"],
                                      len(passed), len(checks), sum(checks[c] for c in passed), sum(checks.values())))
            touched = max((str(entry.get("when", "")) for key, entry in done.items() if key.startswith(f"{lesson}:")), default="")
            self.stations.append(Station(lesson, contents["title"], exercises, touched))

    def next(self) -> Station | None:
        """Where to go on: the lesson begun last, else the first one after the last one that was finished, else any that is left."""
        left = [s for s in self.stations if s.state != "done"]
        begun = [s for s in left if s.state == "begun"]
        if begun:
            return max(begun, key=lambda s: s.touched)
        finished = max((s for s in self.stations if s.touched), key=lambda s: s.touched, default=None)
        after = self.stations[self.stations.index(finished):] if finished else []
        return next((s for s in after if s in left), left[0] if left else None)

    def describe(self) -> str:
        """One sentence: how much is done, where to go on, and how long that will take."""
        every = [e for s in self.stations for e in s.exercises]
        done, onward = sum(e.done for e in every), self.next()
        said = f"Map of the course: {done} of {len(every)} exercises in {len(self.stations)} lessons are done"
        return f"{said}; go on with {_and(onward.title, onward.left())}." if onward else f"{said}."

    def __str__(self) -> str:
        lines = []
        for s in self.stations:
            bar = "#" * s.done + "." * (len(s.exercises) - s.done)
            lines.append(f"{s.title}  ({s.lesson})  [{bar}]  {_and(s.count(), s.left())}")
            lines += [f"    {e.sign} {e.number:5s}{e.name:24s} {e.difficulty} {_minutes(e.minutes):>10s}   "
                      f"{e.earned:g} of {e.worth:g} points" for e in s.exercises]
        return "\n".join(lines) or "There are no lessons here."

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.stations:
            return "There are no lessons here."
        onward = self.next()
        parts = [f"<b>{escape(self.describe().partition(': ')[2].partition(';')[0])}.</b>"]
        if onward:
            first = next(e for e in onward.exercises if not e.done)
            parts.append(f" Go on with {_link(onward, onward.title)}: {first.number} {escape(first.title)}.")
        else:
            parts.append(" You have been everywhere.")
        for group, stations in self._groups().items():
            items = "".join(_item(s, here=s is onward, last=s is stations[-1]) for s in stations)
            parts.append(f"<div style='margin:10px 0 4px;opacity:.8'>{group}</div>"
                         f"<ol aria-label='{group}' style='list-style:none;display:flex;flex-wrap:wrap;"
                         f"row-gap:12px;margin:0;padding:0'>{items}</ol>")
        return f"<div class='vc-map' style='max-width:960px'>{''.join(parts)}</div>"

    def picture(self) -> bytes:
        """PNG of the map."""
        from textwrap import fill

        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        groups = self._groups().values()
        places = [(s, row, column) for row, some in enumerate(g[i:i + _COLUMNS] for g in groups for i in range(0, len(g), _COLUMNS))
                  for column, s in enumerate(some)]
        rows = 1 + max((row for _, row, _ in places), default=0)
        figure = Figure(figsize=(1.65 * _COLUMNS, 1.3 * (rows + 0.6)), facecolor="white")
        FigureCanvasAgg(figure)
        ax = figure.add_axes((0, 0, 1, 1), xlim=(-0.5, _COLUMNS - 0.5), ylim=(rows - 0.1, -0.7))
        ax.axis("off")
        ax.text(-0.4, -0.6, fill(self.describe(), 126), fontsize=10, va="top")
        for station, row, column in places:
            _draw(ax, station, row, column, last=any(station is g[-1] for g in groups), here=station is self.next())
        file = BytesIO()
        figure.savefig(file, format="png", dpi=80, metadata={"Software": None})
        return file.getvalue()

    def _groups(self) -> dict[str, list[Station]]:
        lectures = [s for s in self.stations if s.lesson.startswith("lectures/")]
        groups = (("Lectures", lectures), ("Assignments", [s for s in self.stations if s not in lectures]))
        return {name: group for name, group in groups if group}


def progress() -> Progress:
    """Map of what this learner has done across the course, and where to go on."""
    return Progress()


def notebook_of(lesson: str) -> str:
    """A lesson's notebook as a path from the folder where this notebook runs, or "" where it is not found near."""
    place = f"{lesson}.ipynb" if lesson.startswith("lectures/") else f"assignments/{lesson}.ipynb"
    here = Path.cwd()
    for folder in [here, *here.parents][:4]:
        if (folder / place).is_file():
            return Path(os.path.relpath(folder / place, here)).as_posix()
    return ""


def _minutes(count: int) -> str:
    return f"{count} minute{'' if count == 1 else 's'}"


def _and(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _link(station: Station, text: str) -> str:
    place = notebook_of(station.lesson)
    return f"<a href='{escape(place, quote=True)}'>{escape(text)}</a>" if place else f"<b>{escape(text)}</b>"


def _item(station: Station, *, here: bool, last: bool) -> str:
    state, share = station.state, station.done / max(len(station.exercises), 1)
    fill = {"done": f"background:{_BLUE};color:#fff",
            "begun": f"background:linear-gradient(0deg,rgba(0,114,178,.35) {share:.0%},transparent {share:.0%})",
            "not begun": "background:transparent"}[state]
    shape = "50%" if station.lesson.startswith("lectures/") else "5px"
    sign = _DONE if state == "done" else escape(station.label)
    step = " aria-current='step'" if here else ""
    ring = "outline:3px solid #E08A00;outline-offset:2px;" if here else ""
    line = "none" if last else f"4px solid {_BLUE}" if state == "done" else "4px dotted rgba(128,128,128,.6)"
    exercises = "".join(f"<li style='margin:0 0 4px'>{e.sign} {escape(e.number)} {escape(e.title)}<br><span style='opacity:.8'>"
                        f"<span role='img' aria-label='{e.stars} of 3 stars'>{e.difficulty}</span> "
                        f"{_minutes(e.minutes)}, {e.earned:g} of {e.worth:g} points</span></li>" for e in station.exercises)
    return (
        f"<li data-lesson='{escape(station.lesson, quote=True)}' data-state='{state}' style='flex:0 0 156px;margin:0;line-height:1.35'"
        f"{step}>"
        f"<div aria-hidden='true' style='display:flex;align-items:center;padding:5px 0 5px 5px'>"
        f"<span style='flex:none;width:28px;height:28px;box-sizing:border-box;border:2px solid "
        f"{_BLUE if state != 'not begun' else _GRAY};border-radius:{shape};"
        f"{fill};{ring}text-align:center;line-height:24px;font-size:12px;font-weight:bold'>{sign}</span>"
        f"<span style='flex:1;border-top:{line};margin-left:6px'></span></div>"
        f"<div style='padding-right:10px'>{_link(station, station.name)}"
        f"{'<br><b>go on here</b>' if here else ''}"
        f"{f'<br>{station.left()}' if station.left() else ''}"
        f"<details style='margin:0'><summary style='cursor:pointer;opacity:.8'>"
        f"{state if state != 'begun' else f'{station.done} of {len(station.exercises)} done'}</summary>"
        f"<div style='opacity:.8'>{station.count()}</div>"
        f"<ul style='list-style:none;margin:0;padding:0'>{exercises}</ul></details></div></li>")


def _draw(ax, station: Station, row: int, column: int, *, last: bool, here: bool) -> None:
    """One station of the picture, with the line to the next."""
    from textwrap import wrap

    state, x = station.state, column - 0.28
    done = state == "done"
    if not last:
        ax.plot([x, x + 1 if column < _COLUMNS - 1 else column + 0.42], [row, row], color=_BLUE if done else "#AAAAAA", lw=3,
                linestyle="-" if done else (0, (1, 1.2)), zorder=1)
    face = {"done": _BLUE, "begun": "#A6CEE3", "not begun": "white"}[state]
    shape, edge = "o" if station.lesson.startswith("lectures/") else "s", _GRAY if state == "not begun" else _BLUE
    if here:
        ax.plot(x, row, shape, ms=27, mfc="white", mec="#E08A00", mew=2.5, zorder=2)
    ax.plot(x, row, shape, ms=21, mfc=face, mec=edge, mew=1.8, zorder=3)
    ax.text(x, row, _DONE if done else station.label, color="white" if done else "black", ha="center", va="center",
            fontsize=9, weight="bold", zorder=4)
    words = [*wrap(station.name, 20)[:2], f"{station.done} of {len(station.exercises)} done" if state != "not begun" else "",
             station.left(), "go on here" if here else ""]
    ax.text(x - 0.13, row + 0.21, "\n".join(filter(None, words)), fontsize=8, va="top", color="black")
