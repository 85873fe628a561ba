"""What stops beginners, recognised where a notebook begins: a finding says what is so and, where that is a trouble, its cure.

Used by `vc.setup` (troubles alone), by `vc.doctor` (everything, as a table), and by the first lines of a built notebook. A false
alarm is worse than silence, so an examiner that cannot be sure reports no trouble. Nothing heavy is imported here.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from . import current, journal

PYTHON = (3, 11)                                       # as in pyproject.toml
LEAST_DISK, LEAST_MEMORY = 200e6, 500e6                # bytes: a few notebooks with pictures; torch and one lecture's arrays
PACKAGE = Path(__file__).resolve().parents[1]           # visioncourse
_DISTRIBUTIONS = {"skimage": "scikit-image", "sklearn": "scikit-learn", "PIL": "pillow",
                  "efficientnet_lite_pytorch": "efficientnet-lite-pytorch"}
_HEAVY = ("numpy", "matplotlib", "scipy", "skimage", "sklearn", "torch", "ipywidgets", "anywidget")
_RESTART = "Choose the menu Kernel > Restart Kernel and Run All Cells (VS Code: Restart, then Run All)."


@dataclass(frozen=True)
class Finding:
    """What is so about one subject; `cure` is empty where nothing has to be done."""

    subject: str
    what: str
    cure: str = ""


@dataclass(frozen=True)
class Shown:
    """One text for a terminal and for a notebook."""

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def doctor() -> Shown:
    """Table of what this notebook needs, what was found, and the cure of what is wrong."""
    return table(examine(*current.state(), every_lesson=True))


def examine(lesson: str = "", edition: str = "", others: tuple[str, ...] = (), *, every_lesson: bool = False) -> list[Finding]:
    """Findings about Python, packages, place, kernel, edition, saving, disk and memory, each once.

    lesson, edition: what `vc.setup` was given; others: lessons that were set up in this kernel before.
    every_lesson: ask for the packages of all lessons, not of this one alone.
    """
    if python().cure:                                  # nothing else can be said in a Python that may not even load the course
        return [python()]
    began = kernel(others)
    same = Finding("edition", "not compared") if began.cure else edition_of(lesson, edition)
    return [python(), packages("" if every_lesson else lesson), place(), began, same, saving(), disk(), memory()]


def seen() -> bool:
    """Whether a person sees what is printed here, not a grader, a test or a file."""
    if os.environ.get("VISIONCOURSE_VERDICTS") or current.under_grader():
        return False
    return current.shell() is not None or bool(getattr(sys.stdout, "isatty", bool)())


def show(shown: Shown) -> None:
    """Display in a notebook, print elsewhere."""
    if current.shell() is not None:
        from IPython.display import display
        display(shown)
    else:
        print(shown)


# ---------------------------------------------------------------------------------------------- examiners

def python() -> Finding:
    """Whether this Python is new enough."""
    here = f"Python {platform.python_version()} in {sys.prefix}"
    if sys.version_info >= PYTHON:
        return Finding("Python", here)
    return Finding("Python", f"{here}; the course needs {_dotted(PYTHON)} or newer.",
                   f"Install a newer Python and run `make lab PYTHON=python{_dotted(PYTHON)}` in the course's folder, "
                   "or choose a kernel that has one.")


def packages(lesson: str = "") -> Finding:
    """Whether what the lesson imports (without a lesson: what any lesson imports) is installed, and new enough."""
    course, wanted = journal.course(), _wanted()
    users: dict[str, list[str]] = {}
    for name in [lesson] if lesson else course:
        for module in course.get(name, {}).get("needs", []):
            users.setdefault(module, []).append(course[name]["title"])
    wrong, orders = [], []
    for module, titles in users.items():
        distribution = _DISTRIBUTIONS.get(module, module)
        found, least = _version(distribution), wanted.get(distribution, "")
        if found and _numbers(found) >= _numbers(least) or not found and _present(module):
            continue
        wrong.append((f"{distribution} {found} is installed, {least} or newer is needed" if found else f"{distribution} is not installed")
                     + f" ({_few(titles)})")
        orders.append(f'"{distribution}>={least}"' if least else distribution)
    if wrong:
        return Finding("packages", f"{'; '.join(wrong)}.",
                       _other_python() or f"Run `%pip install {' '.join(orders)}` in a new cell. Then: {_RESTART}")
    listed = ", ".join(f"{d} {v}" for d in (_DISTRIBUTIONS.get(m, m) for m in users) if (v := _version(d)))
    return Finding("packages", listed or "nothing is needed")


def place() -> Finding:
    """Whether the notebook lies in the course's folder, and whether its solutions are the ones that checks use."""
    here, root = _course_around(), _course_of_package()
    if here and (here / "solutions").is_dir() and not _present("grader"):
        return Finding("place", f"This notebook's Python has the course in {PACKAGE.parent}, without the hidden tests that lie in {here}: "
                                "a check runs only the part that you can see.", _other_python(here) or _start(here))
    if here:
        return Finding("place", f"in the course's folder, {here}")
    if root is None or (notebook := _notebook()) is None or not os.access(root, os.W_OK) \
            or any((p / "nbgrader_config.py").is_file() for p in notebook.parents):
        return Finding("place", f"the course is installed in {PACKAGE.parent}")
    return Finding("place", f"This notebook lies outside the course's folder, {root}. Checks, hints, data and progress work as ever; "
                            "links to other lectures do not, and an update of the course will pass it by.",
                   f"Move it to {root / 'lectures'} if you miss these.")


def edition_of(lesson: str, edition: str) -> Finding:
    """Whether notebook and installed course hold the same exercises of the lesson."""
    course = journal.course()
    if not edition or not course or course.get(lesson, {}).get("edition") == edition:
        return Finding("edition", "notebook and installed course belong together" if edition else "not stamped")
    what = (f"This notebook is of another edition than the course that is installed in {PACKAGE.parent}: "
            "a check may ask for something else than the text above it.") if lesson in course else (
            f"The course that is installed in {PACKAGE.parent} does not have this lesson, {lesson}; it is older than the notebook.")
    here, root = _course_around(), _course_of_package()
    if here and here != root:
        return Finding("edition", what, _other_python(here) or _start(here))
    if root and lesson in course:
        return Finding("edition", what,
                       f"Rename your notebook, run `python -m grader build` in {root}, open the new one, and copy your answers into it.")
    return Finding("edition", what, "Fetch the notebook and install the course again, so that both are of one edition.")


def kernel(others: tuple[str, ...] = ()) -> Finding:
    """Whether this kernel began with this lesson and with the course and packages as they are now."""
    if others:
        return Finding("kernel",
                       f"This kernel has run {_few(list(others))} before, whose variables and functions are still defined.", _RESTART)
    if _files() != _files_at_start:
        return Finding("kernel", "The course was updated after this kernel began, which still runs the old one.", _RESTART)
    loaded = {d: v for m in _HEAVY if m in sys.modules and (v := _version(d := _DISTRIBUTIONS.get(m, m)))}
    changed = [f"{d} was {_loaded[d]} and is {v} now" for d, v in loaded.items() if _loaded.setdefault(d, v) != v]
    if changed:
        return Finding("kernel",
                       f"Packages were changed after this kernel began, which still runs the old ones: {', '.join(changed)}.", _RESTART)
    return Finding("kernel", "fresh")


def saving() -> Finding:
    """Whether the notebook, the record of progress and the data can be written."""
    notebook, root = _notebook(), _course_of_package()
    if notebook and not (_writable(notebook.parent) and os.access(notebook, os.W_OK)):
        place = notebook if _writable(notebook.parent) else notebook.parent
        return Finding("saving", f"You may not write {place}: your work in this notebook would be lost.",
                       "Choose File > Save Notebook As and a folder of your own, and go on there.")
    record = journal.path().parent
    if not _writable(record):
        return Finding("saving",
                       f"You may not write {record}: your work is safe in the notebook, but the map of your progress stays empty.",
                       "Make that folder yours, or name another in the environment variable VISIONCOURSE_HOME and start Jupyter again.")
    from ..data.cache import cache_dir
    if not _writable(cache_dir()) and not (root and not _writable(root)):          # a course that is read-only as a whole is meant to be
        return Finding("saving", f"You may not write {cache_dir()}: data are made again each time, and nothing can be downloaded.",
                       "Make that folder yours, or name another in the environment variable VISIONCOURSE_CACHE and start Jupyter again.")
    return Finding("saving", f"notebook, data and progress; your progress lies in {record}")


def disk() -> Finding:
    """Whether the disk of the notebook has room."""
    notebook = _notebook()
    folder = notebook.parent if notebook else _existing(journal.path().parent)
    try:
        room = shutil.disk_usage(folder)
    except OSError:
        return Finding("disk", "not measured")
    if room.total and room.free < LEAST_DISK:          # some network drives report no size at all
        return Finding("disk", f"The disk of {folder} has {room.free / 1e6:.0f} MB left: saving a notebook may fail.",
                       "Delete what you do not need, and empty the bin.")
    return Finding("disk", f"{room.free / 1e9:.0f} GB free" if room.total else "not measured")


def memory() -> Finding:
    """Whether there is memory for a lesson."""
    free = _free_memory()
    if free is not None and free < LEAST_MEMORY:
        return Finding("memory", f"{free / 1e6:.0f} MB of memory are left: the kernel may die in the middle of a lesson.",
                       "Shut down notebooks that you do not use (the round sign on the left lists them, VS Code: Restart), and close "
                       "other programs.")
    return Finding("memory", f"{free / 1e9:.1f} GB free" if free is not None else "not measured")


# ---------------------------------------------------------------------------------------------- a failed import

def explain_imports() -> None:
    """Let IPython say below the traceback of a failed import which package is missing, and the cure."""
    if current.shell() is not None and seen():
        current.shell().set_custom_exc((ImportError,), _with_explanation)


def missing(error: BaseException) -> Finding | None:
    """What an ImportError means where it is about a package of the course; else None."""
    if not isinstance(error, ImportError):
        return None
    module = (error.name or "").partition(".")[0]
    distribution = _DISTRIBUTIONS.get(module, module)
    wanted = _wanted()
    if distribution not in wanted and module not in {m for c in journal.course().values() for m in c.get("needs", [])}:
        return None
    found, least = _version(distribution), wanted.get(distribution, "")
    order = f"{distribution}>={least}" if least else distribution
    what = (f"{distribution} {found} is installed, but could not be loaded." if found or _present(module)
            else f"{distribution} is not installed in {sys.prefix}, the Python of this notebook.")
    return Finding("packages", what, _other_python() or f'Run `%pip install --upgrade "{order}"` in a new cell. Then: {_RESTART}')


def _with_explanation(shell, kind, error, trace, tb_offset=None):
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    if found := missing(error):
        show(notice([found]))


# ---------------------------------------------------------------------------------------------- words

def notice(findings: list[Finding]) -> Shown:
    """Troubles with their cures, one below the other."""
    text = "\n".join(f"! {f.subject.capitalize()}. {f.what}\n  Cure: {f.cure}" for f in findings)
    items = "".join(f"<div data-trouble='{f.subject}' style='margin:3px 0'><b><span aria-hidden='true'>!</span> "
                    f"{f.subject.capitalize()}.</b> {_code(f.what)}"
                    f"<br><b>Cure:</b> {_code(f.cure)}</div>" for f in findings)
    return Shown(text, f"<div class='vc-troubles' role='status' style='border-left:4px solid #D55E00;padding:2px 12px;margin:4px 0'>"
                 f"{items}</div>")


def table(findings: list[Finding]) -> Shown:
    """All findings, troubles with their cures."""
    bad = sum(bool(f.cure) for f in findings)
    title = "Everything works." if not bad else f"{bad} thing{'s' if bad > 1 else ''} to mend; the rest works."
    lines = [title] + [f"  {'!' if f.cure else _TICK} {f.subject:9s} {f.what}" + (f"\n              {f.cure}" if f.cure else "")
                       for f in findings]
    cell = "text-align:left;vertical-align:top;padding:3px 12px 3px 0;background:none"
    rows = "".join(
        f"<tr data-subject='{f.subject}' style='background:none'><td style='{cell};white-space:nowrap'>"
        f"{'<b>! mend</b>' if f.cure else _TICK + ' fine'}</td>"
        f"<th scope='row' style='{cell}'>{f.subject}</th><td style='{cell}'>{_code(f.what)}"
        + (f"<br><b>Cure:</b> {_code(f.cure)}" if f.cure else "") + "</td></tr>"
        for f in findings)
    html = (f"<div class='vc-doctor'><b>{title}</b><table style='border:none;font-size:100%;margin:4px 0'>"
            f"<thead hidden><tr><th>state</th><th>subject</th><th>what was found</th></tr></thead><tbody>{rows}</tbody></table></div>")
    return Shown("\n".join(lines), html)


_TICK = "\N{CHECK MARK}"


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


def _start(folder: Path) -> str:
    return f"Close Jupyter, and start it with `make lab` in {folder}, or as README.md there says."


# ---------------------------------------------------------------------------------------------- looking round

def _notebook() -> Path | None:
    """The file of this notebook, where Jupyter's server or VS Code says it and it is there."""
    names = getattr(current.shell(), "user_ns", {})
    told = names.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or ""
    path = Path(str(told))
    return path.resolve() if told and path.is_absolute() and path.suffix == ".ipynb" and path.is_file() else None


def _course_around() -> Path | None:
    """The course's folder (a clone, or what students receive) in which the notebook lies, or where this runs."""
    start = _notebook() or Path.cwd() / "_"
    return next((p for p in list(start.parents)[:4] if _is_course(p)), None)


def _course_of_package() -> Path | None:
    """The course's folder to which this very package belongs; None where it was installed as a copy."""
    return PACKAGE.parent if _is_course(PACKAGE.parent) else None


def _is_course(folder: Path) -> bool:
    return (folder / "visioncourse" / "course.json").is_file() and (folder / "pyproject.toml").is_file()


def _other_python(folder: Path | None = None) -> str:
    """How to change to the Python in which the course was installed, where this is another one."""
    folder = folder or _course_around() or _course_of_package()
    if not folder or not (folder / ".venv" / "pyvenv.cfg").is_file() or (folder / ".venv").resolve() == Path(sys.prefix).resolve():
        return ""
    return (f"The course was installed in {folder / '.venv'}, but {sys.prefix} runs this notebook. "
            f"Close Jupyter, and start it with `make lab` in {folder}, or as README.md there says; "
            "in VS Code, choose the kernel .venv at the top right.")


@cache
def _wanted() -> dict[str, str]:
    """The least version of each package that this one requires."""
    try:
        found = [re.match(r"([\w.-]+)(?:\[.*\])?\s*>=\s*([\d.]+)$", line) for line in requires("visioncourse") or [] if ";" not in line]
    except PackageNotFoundError:                       # used from a folder that was not installed
        return {}
    return {m[1]: m[2] for m in found if m}


def _version(distribution: str) -> str:
    try:
        return version(distribution) or ""
    except PackageNotFoundError:
        return ""


def _numbers(text: str) -> tuple[int, ...]:
    release = re.match(r"(\d+!)?([\d.]*)", text)
    numbers = [int(n) for n in release[2].split(".") if n] if release else []
    while numbers and not numbers[-1]:                 # 2.0 is 2
        numbers.pop()
    return tuple(numbers)


def _present(module: str) -> bool:
    try:
        return module in sys.modules or find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _writable(folder: Path) -> bool:
    """Whether a file can be made in the folder, or in what is there of its path."""
    folder = _existing(folder)
    if os.access(folder, os.W_OK | os.X_OK) and folder.is_dir():
        return True
    try:
        with tempfile.TemporaryFile(dir=folder):       # the system's word alone is not enough for an alarm
            return True
    except OSError:
        return False


def _existing(folder: Path) -> Path:
    return next(p for p in [folder, *folder.absolute().parents] if p.exists())


def _free_memory() -> int | None:
    """Bytes that can still be had, by the system and by the container's limit; None where nobody says."""
    psutil = sys.modules.get("psutil")                 # a Jupyter kernel has loaded it
    amounts = [psutil.virtual_memory().available] if psutil else []
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = int((group / "memory.max").read_text()), int((group / "memory.current").read_text())
        idle = re.search(r"^inactive_file (\d+)", (group / "memory.stat").read_text(), re.M)
        amounts.append(limit - used + int(idle[1] if idle else 0))
    except (OSError, ValueError):                      # no control group, or one without a limit
        pass
    return min(amounts, default=None)


def _files() -> dict[str, int]:
    """When each file of the course's package was written."""
    found = {}
    for path in [*PACKAGE.rglob("*.py"), PACKAGE / "course.json"]:
        try:
            found[str(path)] = path.stat().st_mtime_ns
        except OSError:
            pass
    return found


_files_at_start = _files()
_loaded: dict[str, str] = {}                           # versions of packages when they were first seen in this kernel
