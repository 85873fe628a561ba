"""Command line: python -m grader build | verify | check | progress | solutions | class | bundle | grade | report | doctor."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .lesson import read
from .lesson.cells import ROOT, SourceError

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True)
Lessons = Annotated[list[str] | None, typer.Argument(help="Lessons, as names (a1/knn) or files; all where none is given.")]


@app.command()
def build(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where a notebook differs from its source.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Build unchanged lessons too.")] = False,
    lessons: Lessons = None,
) -> None:
    """Turn solutions/ into the notebooks of lectures/ and assignments/."""
    from .notebook import build as builder
    from .notebook.texts import target

    chosen = _names(lessons) if lessons else None
    with _explained():
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
    lessons: Lessons = None,
    notebooks: Annotated[bool, typer.Option(help="Also execute each notebook from top to bottom.")] = True,
    jobs: Annotated[int, typer.Option(min=0, help="Processes at a time; 0: one per core.")] = 0,
) -> None:
    """Prove every check: solutions pass, stubs and wrong answers fail and are named, notebooks run in their time."""
    from . import proof

    with _explained():
        ok = proof.verify(_names(lessons), notebooks=notebooks, jobs=jobs, console=out)
    if not ok:
        raise typer.Exit(1)


@app.command()
def solutions(lessons: Lessons = None) -> None:
    """Write executed solution notebooks and their HTML, pictures included, under build/solutions/."""
    from .notebook import execute

    with _explained():
        for path in execute.write(_names(lessons), console=out):
            out.print(f"{path.relative_to(ROOT)}", markup=False)


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="A notebook you have worked in.")],
    timeout: Annotated[int, typer.Option(min=1, help="Seconds that one cell may take.")] = 120,
) -> None:
    """Run your notebook and print a verdict for every check in it."""
    from . import terminal

    with _explained():
        passed, total = terminal.check(notebook, console=out, timeout=timeout)
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

    with _explained():
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

    with _explained():
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

    with _explained():
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

    with _explained():
        count = packing.bundle(target)
    out.print(f"{target}: {count} files", markup=False)


def _names(given: list[str] | None) -> list[str]:
    """Lesson names from names, source files, notebooks or folders."""
    everything = read.names()
    if not given:
        return everything
    found = []
    for item in given:
        text = item.removesuffix("/").removesuffix(".py").removesuffix(".ipynb")
        for prefix in (str(ROOT) + "/", "./", "solutions/", "assignments/"):
            text = text.removeprefix(prefix)
        chosen = everything if text == "solutions" else [n for n in everything if n == text or n.startswith(text + "/")]
        if not chosen:
            _stop(f"there is no lesson {item!r}; there are {', '.join(everything) or 'none'}")
        found += [n for n in chosen if n not in found]
    return found


class _explained:
    """Errors that a person can mend become one line each and exit code 1, without a traceback."""

    def __enter__(self) -> None:
        return None

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
