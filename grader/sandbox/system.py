"""Linux calls that Python 3.11 does not offer: namespaces, mounts, process attributes, capabilities.

Our own because nothing else fits a process that is already running and warm: bubblewrap and nsjail start a program, and the
packages that unshare in-process do no mounts. All go through the C library's own functions, so there is no table of
numbers per processor; mount_setattr, which it may lack, has the same number (442) on every processor.
"""

import ctypes
import os
import struct

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18

_PDEATHSIG, _DUMPABLE, _CAPBSET_DROP, _SECCOMP, _SECUREBITS, _SUBREAPER, _NO_NEW_PRIVS, _AMBIENT = 1, 4, 24, 22, 28, 36, 38, 47
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_COLLAPSE, _HUGE = 25, 2 << 20

libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the namespaces in `flags` for new ones. Raises OSError."""
    _check(libc.unshare(flags), "unshare")


def map_ids(uid: int, gid: int, inner: int = 1000) -> None:
    """In a new user namespace: be `inner`, which outside is uid and gid."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inner} {uid} 1"), ("gid_map", f"{inner} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def mount(what: str | None, where: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Raises OSError that names both places."""
    encoded = [None if x is None else os.fsencode(x) for x in (what, where, kind)]
    _check(libc.mount(*encoded, ctypes.c_ulong(flags), None if options is None else options.encode()), f"mount {what} at {where}")


def read_only(where: str) -> None:
    """Make a bind mount read-only with everything mounted below it, without set-user-id programs and devices."""
    attributes = ctypes.create_string_buffer(struct.pack("<4Q", RDONLY | NOSUID | NODEV, 0, 0, 0))
    done = libc.syscall(ctypes.c_long(_MOUNT_SETATTR), ctypes.c_long(_AT_FDCWD), os.fsencode(where), ctypes.c_long(_AT_RECURSIVE),
                        attributes, ctypes.c_size_t(32))
    if done < 0:                                       # a kernel before 5.12: the mount itself, not those below
        mount(None, where, None, REMOUNT | BIND | RDONLY | NOSUID | NODEV | (os.statvfs(where).f_flag & NOEXEC))


def change_root(where: str) -> None:
    """Make `where` the root of this mount namespace and let go of the old one."""
    os.chdir(where)
    _check(libc.pivot_root(b".", b"."), "pivot_root")
    _check(libc.umount2(b".", 2), "umount")
    os.chdir("/")


def huge_pages() -> None:
    """Gather this process's own memory into huge pages, where the kernel can (Linux 6.1): a fork then copies 500 times fewer entries.

    Halves what forking a process with torch costs, and its end. A child that writes gets its own small page as ever.
    """
    with open("/proc/self/maps", encoding="ascii", errors="replace") as file:
        maps = [line.split() for line in file]
    for where, rights, _, _, inode, *name in maps:
        if inode == "0" and rights.startswith("rw") and (not name or name == ["[heap]"]):
            start, end = (int(x, 16) for x in where.split("-"))
            start, end = -(-start // _HUGE) * _HUGE, end // _HUGE * _HUGE
            if end > start:                            # what it answers does not matter: small pages do as well
                libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _COLLAPSE)


def die_with_parent(signal: int) -> None:
    """Get `signal` when the parent ends; to be said again after a change of user."""
    _prctl(_PDEATHSIG, signal)


def adopt_orphans(yes: bool) -> None:
    """Become the parent of descendants whose own parent ends."""
    _prctl(_SUBREAPER, int(yes))


def no_new_privileges() -> None:
    """From here on no program gains rights by being executed."""
    _prctl(_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Give up every capability, for this process and whatever it executes."""
    for number in range(64):
        if libc.prctl(_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0) < 0:
            break
    libc.prctl(_SECUREBITS, ctypes.c_ulong(0x2F), 0, 0, 0)     # uid 0 means nothing any more; refused without the capability
    libc.prctl(_AMBIENT, ctypes.c_ulong(4), 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack("<Ii", 0x20080522, 0))
    _check(libc.capset(header, ctypes.create_string_buffer(24)), "capset")


def filter_calls(program: bytes) -> None:
    """Load a seccomp program (array of struct sock_filter)."""
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    held = ctypes.create_string_buffer(program, len(program))
    wrapped = Program(len(program) // 8, ctypes.addressof(held))
    _check(libc.prctl(_SECCOMP, ctypes.c_ulong(2), ctypes.byref(wrapped), 0, 0), "seccomp")


def _prctl(what: int, value: int) -> None:
    _check(libc.prctl(what, ctypes.c_ulong(value), 0, 0, 0), f"prctl {what}")


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
