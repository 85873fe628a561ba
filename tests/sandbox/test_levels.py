"""Each level of the sandbox keeps in what it says it keeps in, as root and as an ordinary user, and doctor tells the truth."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox import doctor, filters

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(doctor.best_level()[0] < 1, reason=f"no sandbox here: {doctor.best_level()[1]}")]
ROOT = Path(__file__).parents[2]

# A mount namespace in which other users may walk to Python, wherever it is, and then, if asked, such a user.
OPEN = """
import os, sys, pathlib
sys.path.insert(0, {root!r})
from grader.sandbox import system
user, level = {user}, {level}
if os.getuid() == 0:
    system.unshare(system.NEWNS)
    system.mount(None, "/", None, system.REC | system.PRIVATE)
    for place in {{os.path.realpath(sys.base_prefix), os.path.realpath(sys.prefix), {root!r}}}:
        shut = [p for p in pathlib.Path(place).parents if p != pathlib.Path("/") and not p.stat().st_mode & 0o001]
        if shut:
            top, inner = shut[-1], os.open(place, os.O_PATH)
            system.mount("tmpfs", str(top), "tmpfs", 0, "mode=755")
            os.makedirs(place)
            system.mount(f"/proc/self/fd/{{inner}}", place, None, system.BIND | system.REC)
            os.close(inner)
if user:
    os.setgroups([]); os.setgid(user); os.setuid(user)
os.environ["HOME"] = "/tmp"
"""
PROBE = OPEN + """
import json
from grader.sandbox.host import Warm
from grader.sandbox.limits import Limits
secret = {secret!r}
with Warm(level, Limits(cell=5, processes=40, memory=400 << 20, disk=16 << 20, grace=0.5)) as warm:
    worker = warm.line.spawn()
    def shown(text):
        global worker
        worker = worker if worker.alive else warm.line.spawn()
        cell = worker.execute(text, 5)
        return "".join(o.get("text", "") + o.get("evalue", "") for o in cell.outputs) + cell.ended
    found = {{"uid": shown("import os; print(os.getuid())")}} | {{name: shown(text) for name, text in {probes!r}.items()}}
    worker.kill()
print("FOUND" + json.dumps(found))
"""
REFUSED = {
    "read": "print(open(SECRET).read())", "list": "import os; print('LEAKED', os.listdir(os.path.dirname(SECRET)))",
    "passwd": "print('LEAKED' if 'daemon' in open('/etc/passwd').read() else 'own')",
    "write": "open(SECRET, 'w').write('x'); print('LEAKED')",
    "usr": "open('/usr/probe', 'w'); print('LEAKED')", "symlink": "import os; os.symlink(SECRET, 's'); print('LEAKED', open('s').read())",
    "network": "import socket; socket.socket(socket.AF_INET); print('LEAKED')",
    "netlink": "import socket; socket.socket(16, 3, 0); print('LEAKED')",
    "kill": "import os; os.kill(os.getppid() or 1, 9); print('LEAKED' if os.getppid() else 'alone')",
    "warm": "import os; print('LEAKED', open(f'/proc/{os.getppid() or 1}/environ').read() if os.getppid() else 1/0)",
    "namespace": "import ctypes; print('LEAKED' if ctypes.CDLL(None).unshare(0x10000000) == 0 else 'refused')",
    "privileges": "print('LEAKED' if 'CapEff:\\t0000000000000000' not in open('/proc/self/status').read() "
                  "or 'NoNewPrivs:\\t1' not in open('/proc/self/status').read() else 'none')",
    "memory": "b = bytearray(2 << 30); print('LEAKED')",
    "limits": "import resource; resource.setrlimit(resource.RLIMIT_DATA, (-1, -1)); print('LEAKED')",
    "file": "open('big', 'wb').write(b'x' * (20 << 20)); print('LEAKED')",
    "forks": "import os, time\nn = 0\ntry:\n    for _ in range(120):\n        if os.fork() == 0: time.sleep(20); os._exit(0)\n"
             "        n += 1\nexcept OSError: pass\nprint('LEAKED' if n > 100 else 'bounded', n)",
}
ALLOWED = {"own": "open('mine', 'w').write('x'); print('fine', open('mine').read())",
           "temporary": "import tempfile; tempfile.TemporaryFile(); print('fine')",
           "numpy": "import numpy; print('fine', numpy.ones((50, 50)).sum())",
           "child": "import subprocess; subprocess.run(['echo', 'fine'])",
           "chmod": "import os; open('m', 'w'); os.chmod('m', 0o600); print('fine')"}


@pytest.fixture
def secret(public_folder):
    path = public_folder / "secret.txt"
    path.write_text("LEAKED")
    path.chmod(0o666)
    return path


@pytest.mark.parametrize("level", [2, 1])
@pytest.mark.parametrize("user", [0, 4321], ids=["as-root", "as-a-user"])
def test_a_level_refuses_what_it_says_and_allows_course_work(secret, level, user):
    if os.getuid() != 0:
        if user:
            pytest.skip("becoming another user takes root")
    probes = {n: f"SECRET = {str(secret)!r}\n{t}" for n, t in (ALLOWED | REFUSED).items()}
    done = subprocess.run([sys.executable, "-c", PROBE.format(root=str(ROOT), user=user, level=level, secret=str(secret), probes=probes)],
                          capture_output=True, text=True, timeout=120, cwd="/", check=False)
    if "FOUND" not in done.stdout:
        said = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
        if "NoSandbox" in said and level > doctor.best_level()[0]:
            pytest.skip(f"level {level} is not to be had here: {said}")
        raise AssertionError(done.stderr[-3000:])
    found = json.loads(done.stdout.partition("FOUND")[2])
    assert {n: found[n] for n in REFUSED if "LEAKED" in found[n]} == {}
    assert {n: found[n] for n in ALLOWED if "fine" not in found[n]} == {}
    assert found["uid"].strip() != "0"
    assert secret.read_text() == "LEAKED"


def test_the_processors_that_are_promised_have_every_call_that_python_needs():
    import pyseccomp

    needed = ("openat read write mmap munmap brk execve exit_group futex rt_sigaction wait4 pipe2 dup3 ppoll epoll_pwait getrandom "
              "socketpair").split()
    for processor in (pyseccomp.Arch.X86_64, pyseccomp.Arch.AARCH64):
        numbers = {name: pyseccomp.resolve_syscall(processor, name) for name in [*needed, *filters.NOT_THERE]}
        assert {n for n, number in numbers.items() if number < 0} == set()
    assert set(needed) <= set(filters.ALLOWED)


@pytest.mark.parametrize("name", (
    "ptrace process_vm_readv process_vm_writev bpf mount umount2 pivot_root unshare setns kexec_load init_module finit_module keyctl "
    "add_key request_key perf_event_open userfaultfd open_by_handle_at memfd_create reboot swapon settimeofday clock_settime chroot "
    "acct iopl ioperm setuid setgid capset personality quotactl").split())
def test_dangerous_calls_are_on_no_list(name):
    assert name not in filters.ALLOWED + filters.METADATA


def test_doctor_prints_what_holds():
    done = subprocess.run([sys.executable, "-m", "grader", "doctor"], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "seccomp" in done.stdout and f"grade uses level {doctor.best_level()[0]}" in done.stdout
    assert any(line.startswith("works") and "level" in line for line in done.stdout.splitlines())
