"""What this machine offers to lock students' code in: every primitive is tried, none is believed by its version."""

import contextlib
import os
import resource
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

LEVELS = {2: "namespaces, private folders, Landlock, seccomp, limits", 1: "Landlock, seccomp, limits", 0: "limits alone"}


@dataclass(frozen=True)
class Finding:
    """One primitive: whether it works here, and what to know about it."""

    name: str
    works: bool
    remark: str = ""


def examine() -> list[Finding]:
    """Try every primitive, each in a process of its own."""
    if not sys.platform.startswith("linux"):
        return [Finding("Linux", False, f"this is {sys.platform}: run the grader in a Linux container or virtual machine")]
    from . import system

    root = os.getuid() == 0
    spaces = system.NEWNS | system.NEWPID | system.NEWIPC | system.NEWUTS | system.NEWNET | system.NEWCGROUP

    def enter(flags: int) -> None:
        system.unshare(flags | (0 if root else system.NEWUSER))
        if not root:
            system.map_ids(_outer[0], _outer[1])

    _outer = os.getuid(), os.getgid()
    found = [_tried("a user of its own", lambda: os.setresuid(61_000, 61_000, 61_000) if root else enter(0),
                    "as root: a spare user number" if root else "user namespace"),
             *(_tried(f"{name} namespace", partial(enter, flag)) for name, flag in (
                 ("mount", system.NEWNS), ("process", system.NEWPID), ("ipc", system.NEWIPC), ("network", system.NEWNET)))]

    def mounts() -> None:
        enter(spaces)
        system.mount(None, "/", None, system.REC | system.PRIVATE)
        system.mount("tmpfs", "/tmp", "tmpfs", system.NOSUID, "size=1m")
        os.mkdir("/tmp/usr")
        system.mount("/usr", "/tmp/usr", None, system.BIND | system.REC)
        system.read_only("/tmp/usr")
        try:
            os.close(os.open("/tmp/usr/probe", os.O_CREAT | os.O_WRONLY))
        except OSError:
            return
        raise OSError("a read-only bind mount can be written to")

    found.append(_tried("private mounts", mounts))
    found.append(_tried("Landlock", _landlock, "keeps files and signals in"))
    found.append(_tried("seccomp", _seccomp, "a list of allowed system calls"))
    found.append(_tried("limits", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (50, 50)), "memory, processes, files, time"))
    found += [Finding(f"level {level}: {LEVELS[level]}", *_level_works(level)) for level in (2, 1)]
    return found


def best_level() -> tuple[int, str]:
    """The highest level at which a worker starts here, and why not a higher one."""
    why = ""
    for level in (2, 1):
        works, remark = _level_works(level)
        if works:
            return level, why
        why = why or f"level {level} does not work here: {remark}"
    return 0, why


def _level_works(level: int) -> tuple[bool, str]:
    """Lock a throw-away process in and look from inside."""
    if not sys.platform.startswith("linux"):
        return False, "not Linux"
    from . import jail
    from .limits import Limits

    try:
        plan = jail.plan(level, Limits())
    except (OSError, ImportError) as error:
        return False, str(error)
    ours, theirs = socket.socketpair()
    control, control_there = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            ours.close()
            control.close()
            jail.enter(plan, control_there, theirs.fileno(), 999)
            theirs.send(_seen(level).encode() or b"?")
        except BaseException as error:
            with contextlib.suppress(OSError):
                theirs.send(f"{type(error).__name__}: {error}".encode()[:500])
        os._exit(0)
    theirs.close()
    control_there.close()
    ours.settimeout(20)
    with contextlib.suppress(OSError):
        said = ours.recv(600).decode(errors="replace")
    control.close()
    os.waitpid(child, 0)
    ours.close()
    return said == "ok", "" if said == "ok" else said.removeprefix("jail: ") or "the worker ended"


def _seen(level: int) -> str:
    """"ok", or what a jailed process can still do and should not."""
    with contextlib.suppress(OSError):
        os.listdir("/root" if level < 2 else "/boot")
        if level < 2 or os.path.exists("/boot"):
            return "folders outside are readable"
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
        return "the network can be used"
    except OSError:
        pass
    with contextlib.suppress(OSError):
        os.kill(os.getppid() or 1, 0)
        if level < 2:
            return "other processes can be signalled"
    try:
        os.close(os.open("/usr/grading-probe", os.O_CREAT | os.O_WRONLY))
        return "the system can be written to"
    except OSError:
        return "ok"


def _tried(name: str, action: Callable[[], object], remark: str = "") -> Finding:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action()
            os.write(write, b"ok")
        except BaseException as error:
            os.write(write, str(error).encode()[:300] or b"failed")
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    os.waitpid(child, 0)
    return Finding(name, said == "ok", remark if said == "ok" else said)


def _landlock() -> None:
    from landlockpy import Ruleset

    with Ruleset() as rules:
        rules.restrict()
    try:
        os.listdir("/usr")
    except PermissionError:
        return
    raise OSError("it is there but does not keep anything in")


def _seccomp() -> None:
    from . import filters, system

    system.no_new_privileges()
    system.filter_calls(filters.program(namespaces=False, signals_scoped=True))
    try:
        socket.socket().close()
    except OSError:
        return
    raise OSError("it is there but does not filter")
