"""Locks the calling process in, and stays outside as its warden.

Levels: 2 is namespaces (user, mount, pid, ipc, uts, net, cgroup), private folders, Landlock, seccomp, limits; 1 is Landlock,
seccomp and limits, for machines that allow no namespaces; 0 is limits alone, for work that is trusted. As root there is no
user namespace: the worker becomes a user of its own instead, of a number that nothing else has.
"""

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import site
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import filters, system
from .limits import Limits

HOME = "/home/student"
_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/mime.types",
           "/etc/ssl/openssl.cnf", "/etc/alternatives")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_POLL = 0.1                                            # seconds between looks at memory, disk and processes
_DISK_POLL = 0.5
_FIRST_UID = 61_000                                    # as root: users that no distribution assigns


@dataclass(frozen=True)
class Plan:
    """What the warm process prepares once for all its workers."""

    level: int
    limits: Limits
    readable: tuple[str, ...]                          # besides the system: Python, packages, data
    filter: bytes                                      # seccomp program, b"" at level 0
    spare_user: bool                                   # as root: become a user of its own


def plan(level: int, limits: Limits, readable: tuple[str, ...] = ()) -> Plan:
    """Prepare a level. Raises OSError or ImportError where this machine has not what it takes."""
    program = b""
    if level >= 1:
        import landlockpy

        if not landlockpy.abi_version():               # also finds the C library, which starts a process: once, not per worker
            raise OSError("the kernel offers no Landlock")
        program = filters.program(namespaces=level >= 2, signals_scoped=landlockpy.abi_version() >= 6)
    places = [sys.prefix, sys.base_prefix, *site.getsitepackages(), *readable]
    shut = next(filter(_shut, places), "") if level < 2 and os.getuid() == 0 else ""
    if level == 1 and shut:
        raise OSError(f"as root, workers become users of their own, and those cannot read {shut}: use a Python outside root's home")
    kept = [p for p in dict.fromkeys(map(os.path.realpath, places)) if os.path.exists(p)]
    outermost = tuple(p for p in kept if not any(p != q and Path(p).is_relative_to(q) for q in [*kept, *_SYSTEM]))
    return Plan(level, limits, outermost, program, os.getuid() == 0 and not shut)


def _shut(place: str) -> bool:
    """Whether other users cannot get at an existing folder."""
    return os.path.isdir(place) and any(not os.stat(p).st_mode & 0o001 for p in (Path(place).resolve(), *Path(place).resolve().parents))


def enter(plan: Plan, control: socket.socket, keep: int, slot: int) -> None:
    """Returns in the jailed process, which keeps the file descriptor `keep` alone; its warden never returns.

    control: the warden's line to the supervisor. `b"i"` interrupts the worker, `b"k"` or its end kills everything. When the
    worker has ended the warden says why, as one JSON object, and ends too.
    slot: as root, which of the spare users to become.
    """
    system.die_with_parent(signal.SIGKILL)
    os.setsid()
    os.umask(0o022)                                    # what is made here another user reads, whoever starts the grader
    folder = tempfile.mkdtemp(prefix="grading-")
    uid, gid = os.getuid(), os.getgid()
    user = _FIRST_UID + slot if plan.spare_user else None
    system.adopt_orphans(True)
    if plan.level >= 2:
        spaces = system.NEWPID | system.NEWIPC | system.NEWUTS | system.NEWNET | system.NEWCGROUP
        system.unshare(spaces | (system.NEWUSER if user is None else 0))
        if user is None:
            system.map_ids(uid, gid)
    elif user is not None:
        os.chown(folder, user, user)
    child = os.fork()
    if child:
        _close_all_but(control.fileno())
        _guard(plan, control, child, folder)
    system.die_with_parent(signal.SIGKILL)
    system.adopt_orphans(False)
    _close_all_but(keep)
    try:
        _lock_in(plan, folder, user)
    except Exception as error:                         # the supervisor must learn that there is no jail, and no cell may run
        os.write(keep, f"jail: {error}".encode()[:500])
        os._exit(97)


# ------------------------------------------------------------------------------------------------ the worker's side

def _lock_in(plan: Plan, folder: str, user: int | None) -> None:
    if plan.level >= 2:
        _build_root(plan, folder, user)
        home = HOME
        writable: tuple[str, ...] = (HOME, "/tmp", "/dev/shm")
    else:
        home, writable = folder, (folder,)
    os.chdir(home)
    for name in ("HOME", "TMPDIR", "MPLCONFIGDIR", "IPYTHONDIR", "XDG_CACHE_HOME"):
        os.environ[name] = "/tmp" if name == "TMPDIR" and plan.level >= 2 else home
    tempfile.tempdir = None
    _set_limits(plan.limits)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        system.die_with_parent(signal.SIGKILL)         # a change of user has cleared it
    if plan.level >= 1:
        system.drop_capabilities()
    system.no_new_privileges()
    if plan.level >= 1:
        _landlock(plan, writable)
        program = plan.filter
        if plan.level == 1:
            import landlockpy
            if landlockpy.abi_version() < 6:
                program = filters.program(namespaces=False, signals_scoped=False, own_pid=os.getpid())
        system.filter_calls(program)


def _build_root(plan: Plan, root: str, user: int | None) -> None:
    system.unshare(system.NEWNS)                       # here, not in the warden: changing the root would change the warden's too
    size = f"size={plan.limits.disk},nr_inodes=16384"
    system.mount(None, "/", None, system.REC | system.PRIVATE)
    system.mount("tmpfs", root, "tmpfs", system.NOSUID | system.NODEV, "size=4m,mode=755")
    for place, bound in ((HOME, size), ("/tmp", size), ("/dev/shm", f"size={plan.limits.disk // 4},nr_inodes=4096")):
        os.makedirs(root + place, exist_ok=True)       # before the binds: an environment may live below one of them
        system.mount("tmpfs", root + place, "tmpfs", system.NOSUID | system.NODEV, f"{bound},mode=1777")
    for place in (*_SYSTEM, *plan.readable):
        _bind(place, root + place)
    for name in _DEVICES:
        _touch(f"{root}/dev/{name}")
        system.mount(f"/dev/{name}", f"{root}/dev/{name}", None, system.BIND)
    os.symlink("/proc/self/fd", root + "/dev/fd")
    os.makedirs(root + "/proc", exist_ok=True)
    with contextlib.suppress(OSError):                 # some containers forbid a new /proc; then there is none
        system.mount("proc", root + "/proc", "proc", system.NOSUID | system.NODEV | system.NOEXEC)
    os.makedirs(root + "/etc", exist_ok=True)
    Path(root + "/etc/passwd").write_text(f"student:x:{user or 1000}:{user or 1000}::{HOME}:/bin/sh\n", encoding="ascii")
    Path(root + "/etc/hosts").write_text("127.0.0.1 localhost\n", encoding="ascii")
    if user is not None:
        os.chown(root + HOME, user, user)
    system.change_root(root)
    system.mount(None, "/", None, system.REMOUNT | system.BIND | system.RDONLY | system.NOSUID | system.NODEV)
    socket.sethostname("grading")


def _bind(place: str, target: str) -> None:
    if os.path.islink(place):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.symlink(os.readlink(place), target)
    elif os.path.isdir(place) or os.path.exists(place):
        if os.path.isdir(place):
            os.makedirs(target, exist_ok=True)
        else:
            _touch(target)
        system.mount(place, target, None, system.BIND | system.REC)
        system.read_only(target)


def _touch(path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))


def _set_limits(limits: Limits) -> None:
    def lower(which: int, soft: int, hard: int | None = None) -> None:
        most = resource.getrlimit(which)[1]
        low, high = (w if most == resource.RLIM_INFINITY else min(w, most) for w in (soft, soft if hard is None else hard))
        resource.setrlimit(which, (low, high))

    with open("/proc/self/statm", encoding="ascii") as file:
        data = int(file.read().split()[5]) * resource.getpagesize()
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NOFILE, 256)
    lower(resource.RLIMIT_NPROC, limits.processes)
    lower(resource.RLIMIT_FSIZE, limits.disk)
    lower(resource.RLIMIT_DATA, data + limits.memory)
    lower(resource.RLIMIT_CPU, int(2 * limits.submission), int(2 * limits.submission) + 5)
    lower(resource.RLIMIT_MEMLOCK, 64 << 10)
    lower(resource.RLIMIT_MSGQUEUE, 0)
    lower(resource.RLIMIT_STACK, 8 << 20)


def _landlock(plan: Plan, writable: tuple[str, ...]) -> None:
    from landlockpy import AccessFS, Ruleset, Scope

    read = AccessFS.EXECUTE | AccessFS.READ_FILE | AccessFS.READ_DIR
    write = ~(AccessFS.MAKE_CHAR | AccessFS.MAKE_BLOCK | AccessFS.IOCTL_DEV)
    one = AccessFS.EXECUTE | AccessFS.READ_FILE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE | AccessFS.IOCTL_DEV
    seen = ("/proc",) if plan.level >= 2 else ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu")
    with Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL) as rules:
        for places, access in (((*_SYSTEM, *plan.readable, *seen), read), (writable, write),
                               ([f"/dev/{name}" for name in _DEVICES], AccessFS.READ_FILE | AccessFS.WRITE_FILE)):
            for place in places:
                if os.path.exists(place):
                    rules.allow_path(place, access if os.path.isdir(place) else access & one)
        if plan.level >= 2:
            rules.allow_path("/", AccessFS.READ_DIR)   # its own root: nothing there but what was put there
        rules.restrict()


# ------------------------------------------------------------------------------------------------ the warden's side

def _guard(plan: Plan, control: socket.socket, child: int, folder: str) -> None:
    """Watch over the worker until it ends or the supervisor wants it ended; leave no process and no file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    handle = os.pidfd_open(child)
    poll = select.poll()
    for number in (control.fileno(), handle):
        poll.register(number, select.POLLIN | select.POLLHUP)
    reason, looked = "", 0.0
    while True:
        ready = {number for number, _ in poll.poll(int(_POLL * 1000))}
        if handle in ready:
            break
        if control.fileno() in ready:
            order = control.recv(1)
            if order == b"i":
                _signal(handle, signal.SIGINT)
                continue
            break
        reason = _load_problem(plan.limits, child)
        if not reason and plan.level < 2 and time.monotonic() - looked > _DISK_POLL:
            reason, looked = _disk_problem(plan.limits, folder), time.monotonic()
        if reason:
            break
    _signal(handle, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    _kill_descendants()
    said = {"reason": reason, "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None}
    with contextlib.suppress(OSError):
        control.sendall(json.dumps(said).encode())
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _signal(handle: int, number: int) -> None:
    with contextlib.suppress(OSError):
        signal.pidfd_send_signal(handle, number)


def _children(process: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    return found


def _tree(process: int) -> list[int]:
    found, pending = [], [process]
    while pending:
        found.append(pending.pop())
        pending += _children(found[-1])
    return found


def _kill_descendants() -> None:
    """Orphans of the worker are the warden's children now; without a pid namespace they are still alive."""
    while True:
        alive = _children(os.getpid())
        if not alive:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if not _children(os.getpid()):
                return
        for process in alive:
            for one in _tree(process)[::-1]:
                with contextlib.suppress(OSError):
                    os.kill(one, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _load_problem(limits: Limits, child: int) -> str:
    tree = _tree(child)
    if len(tree) > 2 * limits.processes:               # where the kernel's own limit does not hold, as for root
        return f"it started {len(tree)} processes, more than {limits.processes}"
    resident = sum(_kilobytes(f"/proc/{p}/status", ("RssAnon", "RssShmem")) for p in tree) << 10
    if resident <= limits.memory:
        return ""
    # Pages that processes share count once in PSS but each time in RSS, so only PSS may kill.
    used = sum(_kilobytes(f"/proc/{p}/smaps_rollup", ("Pss_Anon", "Pss_Shmem")) for p in tree) << 10
    return f"it used {used >> 20} MB of memory, more than {limits.memory >> 20} MB" if used > limits.memory else ""


def _kilobytes(path: str, names: tuple[str, ...]) -> int:
    with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii", errors="replace") as file:
        return sum(int(line.split()[1]) for line in file if line.split(":")[0] in names)
    return 0


def _disk_problem(limits: Limits, folder: str) -> str:
    used = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                used += os.lstat(os.path.join(place, name)).st_blocks * 512
    return f"it wrote {used >> 20} MB of files, more than {limits.disk >> 20} MB" if used > limits.disk else ""


def _close_all_but(keep: int) -> None:
    """Every file descriptor but `keep`; standard input and output become /dev/null, what the supervisor's own are never seen."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        if number != keep:
            os.dup2(null, number)
    os.closerange(3, keep)
    os.closerange(keep + 1, 1 << 16)
