"""The system calls that a worker may make: an allow-list, compiled by libseccomp for the processor it runs on.

Derived from what Docker allows by default, less everything that reaches other processes, keys, clocks, tracing, namespaces,
mounts, raw devices, or memory that no limit counts (memfd_create). Names that a processor does not have are left out.
"""

import errno
import tempfile

ALLOWED = """
accept accept4 access alarm arch_prctl bind brk capget clock_getres clock_gettime clock_nanosleep close close_range connect
copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir fcntl fdatasync flock fork
fstat fstatfs fsync ftruncate futex futex_waitv get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid
geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid
getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid inotify_add_watch inotify_init inotify_init1
inotify_rm_watch ioctl lgetxattr getxattr fgetxattr listxattr llistxattr flistxattr link linkat listen lseek lstat madvise
membarrier mincore mkdir mkdirat mlock mlock2 mmap mprotect mremap msync munlock munmap nanosleep newfstatat open openat
openat2 pause pidfd_open pipe pipe2 poll ppoll prctl pread64 preadv preadv2 prlimit64 pselect6 pwrite64 pwritev pwritev2 read
readahead readlink readlinkat readv recv recvfrom recvmmsg recvmsg remap_file_pages rename renameat renameat2 restart_syscall
riscv_flush_icache rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
sched_getscheduler sched_rr_get_interval sched_setaffinity sched_yield select send sendfile sendmmsg sendmsg sendto
set_robust_list set_thread_area set_tid_address setitimer setpgid setpriority setrlimit setsid setsockopt shutdown sigaltstack
socketpair splice stat statfs statx symlink symlinkat sync_file_range sysinfo tee tgkill time timer_create timer_delete
timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill truncate umask uname
unlink unlinkat vfork wait4 waitid waitpid write writev kill getegid32 geteuid32 getgid32 getuid32
""".split()

METADATA = """chmod fchmod fchmodat fchmodat2 chown fchown fchownat lchown utime utimes utimensat futimesat setxattr lsetxattr
fsetxattr removexattr lremovexattr fremovexattr""".split()

NOT_THERE = "clone3 io_uring_setup io_uring_enter io_uring_register".split()     # callers have another way when it is missing
_NAMESPACES = 0x7E020080
_AF_UNIX = 1
_OTHERS = "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open prlimit64".split()     # name a process first


def program(*, namespaces: bool, signals_scoped: bool, own_pid: int = 0) -> bytes:
    """The filter as the kernel takes it.

    namespaces: the worker has its own mounts, network and processes; without, no socket can be made, and changes of a file's
    mode, owner and times (which Landlock does not cover) do nothing and say that they succeeded.
    signals_scoped: the kernel keeps signals inside; without, the process may signal only `own_pid`.
    Raises OSError where libseccomp is not installed.
    """
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    own_only = set() if namespaces or signals_scoped else set(_OTHERS)
    for name in ALLOWED:
        if name not in own_only:
            _add(rules, seccomp.ALLOW, name)
    for name in own_only:
        _add(rules, seccomp.ALLOW, name, seccomp.Arg(0, seccomp.EQ, own_pid))
    if own_only:
        _add(rules, seccomp.ALLOW, "prlimit64", seccomp.Arg(0, seccomp.EQ, 0))
    for name in METADATA:
        _add(rules, seccomp.ALLOW if namespaces else seccomp.ERRNO(0), name)
    for name in NOT_THERE:
        _add(rules, seccomp.ERRNO(errno.ENOSYS), name)
    _add(rules, seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _NAMESPACES, 0))
    if namespaces:
        _add(rules, seccomp.ALLOW, "socket", seccomp.Arg(0, seccomp.EQ, _AF_UNIX))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _add(rules, action: int, name: str, *arguments) -> None:
    import pyseccomp

    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number >= 0:
        rules.add_rule(action, number, *arguments)
