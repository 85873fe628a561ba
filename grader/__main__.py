"""python -m grader new | try | shorten | build | verify | check | progress | solutions | class | bundle | grade | report | doctor."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from visioncourse import terminal

from .lesson import read
from .lesson.cells import ROOT, SourceError

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True)
Lessons = Annotated[list[str] | None, typer.Argument(help="Lessons, as names (a1/knn) or files; all where none is given.")]


@app.callback()
def _first() -> None:
    terminal.show_every_sign()


@app.command()
def new(
    lesson: Annotated[str, typer.Argument(help="The lesson, such as lectures/05_convnets or a2/dropout.")],
    title: Annotated[str, typer.Argument(help="Its title; with --exercise that of the exercise, which may be left out.")] = "",
    exercise: Annotated[str, typer.Option(help="Add an exercise of this name to a lesson that is there.")] = "",
) -> None:
    """Write the scaffold of a lesson, or of an exercise; the word TODO says what belongs where."""
    from .author import new as author

    with _explained():
        path = author.exercise(_bare(lesson), exercise, title) if exercise else author.lesson(_bare(lesson), title)
        count = author.places(path)
    written = path.relative_to(ROOT)
    done = f"the exercise {exercise} stands at the end of {written}; move it to where it belongs" if exercise else f"wrote {written}"
    out.print(f"{done}\n{count} lines there have the word TODO; `python -m grader build` names each until all are filled in", markup=False)


@app.command(name="try")
def try_(
    exercise: Annotated[str, typer.Argument(help="The exercise, as LESSON:EXERCISE; for one check of it LESSON:EXERCISE.PART.")],
    only: Annotated[str, typer.Option(help="Try only these answers: stub, solution, right or wrong.")] = "",
    answer: Annotated[Path | None, typer.Option(help="Try the answer in this file, in place of the listed ones.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed of what checks draw; learners have 0.")] = 0,
) -> None:
    """Show what a learner is told for the stub, the solution, and every right and wrong answer of one exercise."""
    from . import threads

    threads.one_each()                                 # before NumPy is loaded, as `verify` and `grade` do
    from .author import trial

    with _explained(sources=True):
        if only not in ("", *trial.KINDS):
            raise ValueError(f"--only takes {', '.join(trial.KINDS)}, not {only!r}")
        ok = trial.trial(_names([exercise], exercises=True)[0], only=only, answer=answer, seed=seed, console=out)
    if not ok:
        raise typer.Exit(1)


@app.command()
def shorten(
    place: Annotated[str, typer.Argument(help="The lesson, or one exercise as LESSON:EXERCISE.")],
) -> None:
    """Write wrong answers as changes of the solution, where that is shorter and makes the same mistake."""
    from . import threads

    threads.one_each()                                 # before NumPy is loaded, whose threads no fork survives
    from .author import shorten as author

    with _explained():
        count = author.shorten(_names([place], exercises=True)[0], console=out)
    out.print(f"{count} wrong answers rewritten; `python -m grader verify {place}` proves them", markup=False)


@app.command()
def build(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where a notebook differs from its source.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Build unchanged lessons too.")] = False,
    lessons: Lessons = None,
) -> None:
    """Turn solutions/ into the notebooks of lectures/ and assignments/."""
    from .notebook import build as builder
    from .notebook.texts import target

    with _explained(sources=True):
        chosen = _names(lessons) if lessons else None
        if check:
            found = builder.differences()
            for line in found:
                out.print(line, markup=False)
            if found:
                _stop("the notebooks and their sources differ: run `python -m grader build` and commit the result")
            out.print("every notebook agrees with its source")
            return
        done = builder.build(chosen, force=force)
    for name in done["built"]:
        out.print(f"built {target(name).relative_to(ROOT)}", markup=False)
    for name in done["kept"]:
        out.print(f"kept {target(name).relative_to(ROOT)}, which somebody has worked in; "
                  f"`python -m grader build --force {name}` replaces it",
                  markup=False)
    for name in done["removed"]:
        out.print(f"removed {name}, which has no source", markup=False)
    out.print(f"{len(done['built'])} built, {len(done['unchanged'])} unchanged" + (f", {len(done['kept'])} kept" if done["kept"] else ""))


@app.command()
def verify(
    lessons: Annotated[list[str] | None, typer.Argument(help="Lessons, or exercises as a1/knn:two-loops; all where none is given.")] = None,
    notebooks: Annotated[bool, typer.Option(help="Also execute each notebook from top to bottom.")] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Prove again what is unchanged since it was proved.")] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Processes at a time; 0: one per core.")] = 0,
) -> None:
    """Prove every check: solutions pass, stubs and wrong answers fail and are named, notebooks run in their time."""
    from . import proof

    with _explained(sources=True):
        ok = proof.verify(_names(lessons, exercises=True), notebooks=notebooks, fresh=fresh, jobs=jobs, console=out)
    if not ok:
        raise typer.Exit(1)


@app.command()
def solutions(lessons: Lessons = None) -> None:
    """Write executed solution notebooks and their HTML, pictures included, under build/solutions/."""
    from .notebook import execute

    with _explained(sources=True):
        for path in execute.write(_names(lessons), console=out):
            out.print(f"{path.relative_to(ROOT)}", markup=False)


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="A notebook you have worked in.")],
    timeout: Annotated[int, typer.Option(min=1, help="Seconds that one cell may take.")] = 120,
) -> None:
    """Run your notebook and print a verdict for every check in it."""
    from . import terminal as checking

    with _explained():
        passed, total = checking.check(notebook, console=out, timeout=timeout)
    raise typer.Exit(0 if passed == total else 1)


@app.command()
def progress() -> None:
    """Show what you have done across the course."""
    from visioncourse.desk.coursemap import Progress

    out.print(str(Progress()), markup=False)


@app.command(name="class")
def class_(
    folder: Annotated[Path, typer.Argument(help="Where to make the nbgrader course folder; outside this repository.")],
    roster: Annotated[Path | None, typer.Option(help="CSV of students with the columns id, first_name, last_name, email.")] = None,
    name: Annotated[str, typer.Option(help="nbgrader's course id.")] = "see-for-yourself",
) -> None:
    """Make, or bring up to date, an nbgrader course folder with every assignment in it."""
    from .classroom import course_folder

    with _explained(sources=True):
        made = course_folder.make(folder, roster=roster, course_id=name)
    for line in made:
        out.print(line, markup=False)


@app.command()
def grade(
    assignment: Annotated[str, typer.Argument(help="The assignment, such as a1 or lecture02.")],
    folder: Annotated[Path, typer.Option("--course", help="The course folder that `class` has made.")] = Path("."),
    jobs: Annotated[int, typer.Option(min=0, help="Processes at a time; 0: one per core.")] = 0,
    shard: Annotated[str, typer.Option(help="Mark only this part of the class and record nothing, such as 2/5.")] = "",
    cluster: Annotated[str, typer.Option(help="Mark on the Dask cluster whose scheduler has this address.")] = "",
    minimum: Annotated[int, typer.Option(min=0, max=2, help="The lowest level of sandbox to accept; see doctor.")] = 1,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Run students' code even where the machine offers less.")] = False,
    follow_through: Annotated[bool, typer.Option(
        help="Mark again, with a right answer in its place, what fails only through an earlier exercise.")] = True,
) -> None:
    """Grade a class: run each submission in a sandbox, judge it outside, record it in nbgrader's gradebook."""
    from . import threads

    threads.one_each()                                 # before NumPy is loaded: it also puts reductions in one order
    from .classroom import grade as grading

    with _explained(sources=True):
        done = grading.grade(folder, assignment, jobs=jobs, shard=shard, cluster=cluster, minimum=minimum, unsafe=unsafe,
                             follow_through=follow_through, console=out)
    for line in done.problems:
        out.print(line, markup=False)
    out.print(f"{done.executed} executed, {done.unchanged} unchanged, {done.recorded} recorded"
              + (f", sandbox level {done.level}" if done.level >= 0 else ""))


@app.command()
def report(
    assignment: Annotated[str, typer.Argument(help="An assignment that has been graded.")],
    folder: Annotated[Path, typer.Option("--course", help="The course folder.")] = Path("."),
) -> None:
    """Write one HTML page about how the class did."""
    from .classroom import report as reporting

    with _explained(sources=True):
        path = reporting.write(folder, assignment)
    out.print(str(path), markup=False)


@app.command()
def doctor() -> None:
    """Show what this machine offers to lock students' code in."""
    from .sandbox import doctor as examiner

    for finding in examiner.examine():
        out.print(f"{'works  ' if finding.works else 'MISSING'} {finding.name}" + (f": {finding.remark}" if finding.remark else ""),
                  markup=False)
    level, why = examiner.best_level()
    out.print(f"grade uses level {level}" + (f" ({why})" if why else ""), markup=False)


@app.command()
def bundle(
    target: Annotated[Path, typer.Argument(help="The zip file to write.")] = Path("see-for-yourself.zip"),
) -> None:
    """Pack what students receive: notebooks and helper package, no solutions and no grader."""
    from .classroom import bundle as packing

    with _explained(sources=True):
        count = packing.bundle(target)
    out.print(f"{target}: {count} files", markup=False)


def _names(given: list[str] | None, *, exercises: bool = False) -> list[str]:
    """Lesson names from names, source files, notebooks or folders; where exercises may be named, "a1/knn:two-loops" stays whole."""
    everything = read.names()
    if not given:
        return everything
    found = []
    for item in given:
        split = exercises and not Path(item).exists()  # a path may have a colon of its own
        place, exercise = (item.partition(":")[0], "".join(item.partition(":")[1:])) if split else (item, "")
        text = _bare(place)
        chosen = everything if text == "solutions" else [n for n in everything if n == text or n.startswith(text + "/")]
        if not chosen or exercise and chosen != [text]:
            _stop(f"there is no lesson {place!r}; {read.nearest(text, everything)}")
        found += [n + exercise for n in chosen if n + exercise not in found]
    return found


def _bare(item: str) -> str:
    """A lesson's name from the name or path of a source, notebook or folder."""
    text = item.removesuffix("/").removesuffix(".py").removesuffix(".ipynb")
    for prefix in (str(ROOT) + "/", "./", "solutions/", "assignments/"):
        text = text.removeprefix(prefix)
    return text


class _explained:
    """Errors that a person can mend become one line each and exit code 1, without a traceback. sources: they are needed."""

    def __init__(self, *, sources: bool = False):
        self.sources = sources

    def __enter__(self) -> None:
        if self.sources and not read.names():
            _stop("this needs a clone of the course, where the lessons' sources stand under solutions/; "
                  f"there are none in {read.SOLUTIONS}")

    def __exit__(self, kind, error, trace) -> None:
        if isinstance(error, SourceError):
            for line in error.problems:
                out.print(line, markup=False)
            _stop(f"{len(error.problems)} mistake{'s' if len(error.problems) > 1 else ''} in the sources; nothing was written")
        if isinstance(error, (OSError, ValueError)):
            _stop(str(error))


def _stop(message: str) -> None:
    print(f"grader: {message}", file=sys.stderr)
    raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="python -m grader")
