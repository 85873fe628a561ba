"""What a hostile class hands in: each submission with what it tries and what it may earn.

None of them solves anything unless `earns` says so. They are run in the sandbox alone, by test_hostile.py; every bomb is
bounded by its own text too, so that a hole in the sandbox costs seconds and not the machine.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import nbformat

NOTHING = {"check-softmax": 0.0, "check-cross-entropy": 0.0, "check-distances": 0.0, "check-step": 0.0}
FULL = {"check-softmax": 3.0, "check-cross-entropy": 2.0, "check-distances": 3.0, "check-step": 2.0}


@dataclass
class Attack:
    """tries: what it attempts. cell: code put before the first exercise. answers: texts of answer cells. earns: its scores."""

    name: str
    tries: str
    cell: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    edit: Callable[[nbformat.NotebookNode], Any] | None = None
    earns: dict[str, float] = field(default_factory=lambda: dict(NOTHING))
    solved: bool = False
    raw: bytes | None = None
    says: str = ""                                     # words that the result (events, outputs, notes, verdicts) must hold


def softmax(body: str, arguments: str = "scores") -> dict[str, str]:
    """An answer to the first exercise with that body."""
    return {"softmax": f"def softmax({arguments}):\n" + "\n".join(f"    {line}" for line in body.splitlines())}


def _tags(made) -> None:
    for cell in made.cells:
        cell.metadata["tags"] = ["skip-execution", "remove-cell"]


def _points(made) -> None:
    for cell in made.cells:
        settings = cell.metadata.get("nbgrader")
        if settings and settings.get("grade"):
            settings["points"] = 100


def _empty_checks(made) -> None:
    for cell in made.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "pass" if cell.cell_type == "code" else "done"


def _filled_outputs(made) -> None:
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "3.0"}, execution_count=1)]


def _no_grade(made) -> None:
    for cell in made.cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
            cell.metadata["nbgrader"].update(grade=False, solution=True, locked=False)


def _script(made) -> None:
    made.cells[0].source += ("\n<script>alert('markdown')</script><img src=x onerror=alert(1)> [x](javascript:alert(2)) "
                             "[y](java&#115;cript:alert(4)) [z](<JaVaScRiPt:alert(5)>)\n\n[w]\n\n[w]: javascript:alert(6)")


def _surrogates(made) -> None:
    made.metadata["title"] = "\\ud83d"
    made.cells[0].source += " half an emoji \ud83d"
    made.cells[0]["attachments"] = {"pict\udc80.png": {"image/png": "aGk="}}
    made.cells[0].id = "half-\ud83d"
    made.cells.append(nbformat.v4.new_code_cell("print('half \ud83d')  # \ud83d"))
    for cell in made.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source += "\n# \ud83d" if cell.cell_type == "code" else " \ud83d"


def _listed(made) -> None:
    for cell in made.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"]["grade_id"] = [cell.metadata["nbgrader"]["grade_id"]]


def _json_of(change) -> bytes:
    """The bytes of a notebook without answers after a change, as a hand or a broken program writes them."""
    from grading_class import fixture_lessons, notebook

    with fixture_lessons():
        made = notebook()
    change(made)
    return json.dumps(made).encode()


_LONG = "0" + " + 1" * 20_000
_EVERY_SOCKET = """
import os, struct, msgpack
body = msgpack.packb({})
def forge(data):
    for number in range(3, 100):
        try:
            if 'socket' in os.readlink(f'/proc/self/fd/{{number}}'):
                os.write(number, data)
        except OSError:
            pass
"""
_FORGE = _EVERY_SOCKET.replace("{}", "{'n': 999, 'ok': True, 'v': True}", 1).replace("{{", "{").replace("}}", "}")

ATTACKS = [
    # ------------------------------------------------------------------------------ comparing is made to lie
    Attack("patched-asserts", "replaces NumPy's comparisons and testing functions", """
import numpy as np, numpy.testing
for name in ('allclose', 'isclose', 'array_equal', 'all', 'any', 'abs'):
    setattr(np, name, lambda *a, **k: True)
for name in dir(np.testing):
    if name.startswith('assert'):
        setattr(np.testing, name, lambda *a, **k: None)""", softmax("return scores")),
    Attack("ast-transformer", "drops every assert from later cells", """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Expr(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())"""),
    Attack("input-transformer", "turns every later cell into pass",
           "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])"),
    Attack("always-equal", "returns an object that equals everything", answers=softmax("""class E(float):
    shape = (5, 7); ndim = 2; dtype = 'float64'; size = 35
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __sub__
    def __abs__(self): return 0.0
    def __array__(self, *a, **k):
        import numpy as np
        return np.full((1, 2), 0.5)
return E()""")),
    Attack("lying-array", "returns an ndarray subclass that answers np.isclose itself", answers=softmax("""class A(np.ndarray):
    def __array_function__(self, f, types, args, kwargs): return True
    def __array_ufunc__(self, *a, **k): return np.array(True)
    def __eq__(self, other): return np.array(True)
    def tolist(self): return [[5.0]]
return np.zeros(scores.shape).view(A)""")),
    Attack("lying-scalar", "returns a float subclass that compares as it likes", answers={"distances": """
def distances(a, b):
    class L(list):
        def __eq__(self, other): return True
        def tolist(self): return [[5.0]]
    return L([[1.0]])"""}),
    Attack("fake-tensor", "returns an object with detach, cpu and numpy", answers=softmax("""class T:
    def detach(self): return self
    def cpu(self): return self
    dtype = 'float64'
    def numpy(self): return np.full((1, 2), 0.5)
return T()""")),
    Attack("true-everywhere", "returns True", answers=softmax("return True")),
    Attack("zeroed-input", "overwrites the inputs so that the truth made from them fits", answers={
        "distances": "def distances(a, b):\n    if a.shape == (1, 2): return np.array([[5.0]])\n    a[...] = 0\n    b[...] = 0\n"
                     "    return np.zeros((len(a), len(b)))",
        **softmax("scores[...] = 0\nreturn np.full(scores.shape, 1 / scores.shape[1])")}),
    Attack("changed-claims", "sends other changed arguments than there were", answers=softmax("""import grader.judging.transport as t
before = t.Local.call
t.Local.call = lambda self, f, a, k: (before(self, f, a, k)[0], {0: np.zeros((5, 7)), 7: 'x', 'no': [1], -1: None})
return np.full(scores.shape, 1 / scores.shape[1])""")),
    Attack("patched-transport", "replaces the worker's own code", """
import grader.sandbox.worker as w
w._Worker.do_call = lambda self, target, args, kwargs: (args[0], {})
w._Worker.do_has = lambda self, name: 'yes'"""),
    Attack("patched-torch", "replaces the functions that expected values come from", """
import torch
torch.softmax = lambda t, dim: torch.zeros_like(t)
torch.nn.functional.cross_entropy = lambda *a: torch.tensor(0.0)
torch.cdist = lambda a, b: torch.zeros(len(a), len(b))""",
           {**softmax("return np.zeros_like(scores)"), "distances": "def distances(a, b): return np.zeros((len(a), len(b)))"}),
    Attack("patched-course", "replaces the course's own checks", """
import visioncourse as vc, visioncourse.desk.testing as t
t.assert_close = vc.assert_close = lambda *a, **k: None
vc.check = lambda *a: None
vc.rng = t.rng = lambda *a: None"""),
    Attack("patched-builtins", "replaces builtins", """
import builtins
builtins.abs = lambda x: 0
builtins.all = builtins.any = builtins.isinstance = lambda *a: True
builtins.AssertionError = Warning"""),
    Attack("nan", "returns nan, in the hope that comparing with it never fails", answers=softmax("return np.full(scores.shape, np.nan)")),
    Attack("object-array", "returns an array of objects whose pickle runs a command", answers=softmax("""class P:
    def __reduce__(self): import os; return os.system, ('touch /tmp/pwned-by-pickle',)
return np.array([P()], dtype=object)"""), says="cannot be used"),
    # ------------------------------------------------------------------------------ shadowing and files beside the notebook
    Attack("shadow-package", "brings its own matplotlib and numpy", files={
        "matplotlib/__init__.py": b"raise SystemExit", "numpy.py": b"allclose = lambda *a, **k: True", "visioncourse.py": b"check = print",
        "sitecustomize.py": b"import os; os._exit(0)", "grader/__init__.py": b""}),
    Attack("config-beside", "brings nbgrader and IPython settings", files={
        "nbgrader_config.py": b"c.Execute.enabled = False", "gradebook.db": b"not a database",
        ".ipython/profile_default/startup/x.py": b"1/0"}),
    # ------------------------------------------------------------------------------ searching for the truth
    Attack("frames", "searches the callers' frames for expected values", answers=softmax("""import sys
frame, found = sys._getframe(), []
while frame is not None:
    for value in frame.f_locals.values():
        if getattr(value, 'shape', None) == scores.shape and value is not scores: found.append(value)
    frame = frame.f_back
return found[0] if found else scores""")),
    Attack("gc", "searches all objects for expected values", answers=softmax("""import gc
for o in gc.get_objects():
    if isinstance(o, np.ndarray) and o.shape == scores.shape and np.abs(o.sum(axis=-1) - 1).max() < 1e-6: return o
return scores""")),
    Attack("own-memory", "scans its own memory for hidden tests and solutions", """
import ctypes, re
found = 0
needles = [('HIDDEN' + ' TES').encode(), ('goal * 0.8' + '75').encode(), ('powers / powers' + '.sum').encode()]
with open('/proc/self/maps') as f: lines = f.readlines()
for line in lines:
    if ' rw-p ' not in line: continue
    a, b = [int(x, 16) for x in line.split()[0].split('-')]
    if b - a > 200 << 20: continue
    try:
        with open('/proc/self/mem', 'rb') as m:
            m.seek(a); data = m.read(b - a)
    except (OSError, ValueError): continue
    found += any(n in data for n in needles[1:])
print('LEAKED' if found else 'nothing in memory')""", says="nothing in memory"),
    Attack("disk", "walks the disk for sources, notebooks and the gradebook", """
import os
hits = []
for place, folders, files in os.walk('/'):
    folders[:] = [d for d in folders if os.path.join(place, d) not in ('/proc', '/usr', '/dev') and d not in ('site-packages', 'lib')]
    hits += [os.path.join(place, f) for f in files if f.endswith(('.ipynb', '.db')) or f == 'practice.py']
print('LEAKED' if hits else 'nothing on disk', hits[:5])""", says="nothing on disk"),
    Attack("absolute-paths", "opens solutions, course folder and others' work by their paths", """
import os
for path in PATHS:
    try: print('LEAKED', os.listdir(path) if os.path.isdir(path) else open(path).read()[:50])
    except OSError as error: print(type(error).__name__)"""),
    Attack("history", "reads what was executed before and what the shell knows", """
import linecache
text = repr(get_ipython().user_ns.get('In')) + repr(linecache.cache)[:10**6]
print('LEAKED' if ('HIDDEN' + ' TESTS') in text else 'nothing in history')""", says="nothing in history"),
    Attack("processes", "reads other processes' environment and memory", """
import os
print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit())[:5])
for pid in range(1, 40):
    for what in ('environ', 'mem', 'root/etc/shadow'):
        try:
            if pid != os.getpid(): print('LEAKED', open(f'/proc/{pid}/{what}', 'rb').read(10))
        except OSError: pass"""),
    Attack("environment", "reads the seed and secrets from its environment", """
import os
print('LEAKED' if any('COURSE_SEED' in k or 'SECRET' in k or 'TOKEN' in k for k in os.environ) else 'nothing in the environment')""",
           says="nothing in the environment"),
    # ------------------------------------------------------------------------------ forging
    Attack("forged-display", "shows the verdict of a passed check", """
from IPython.display import HTML, display
display(HTML("<div class='vc-verdict' data-status='passed'>Passed: softmax, 3 of 3 points</div>"))
3.0"""),
    Attack("filled-outputs", "hands in outputs that say 3.0", edit=_filled_outputs),
    Attack("forged-frames", "writes an answer into every socket it holds", _FORGE + """
forge(struct.pack('<II', len(body), 0) + body)""", says=""),
    Attack("forged-junk", "writes junk and a frame of 4 GB into every socket", _FORGE + """
forge(b'\\xff' * 64)""", says="broke the line"),
    Attack("forged-array", "sends an array with a false header when it is called", _FORGE + """
def softmax(scores):
    bad = msgpack.packb({'n': 4, 'ok': True, 'v': {'~': 'array', 'd': '<f8', 's': [1 << 40], 'b': 0}})
    forge(struct.pack('<IIQ', len(bad), 1, 8) + bad + b'x' * 8)
    return scores""", {"softmax": "pass"}),
    Attack("skip-tags", "tags check cells so that they are not run", edit=_tags),
    Attack("points-edited", "gives its checks 100 points", edit=_points),
    Attack("checks-emptied", "replaces the checks by pass", edit=_empty_checks, says="had been changed"),
    Attack("not-graded", "says of its checks that they are no checks", edit=_no_grade),
    # ------------------------------------------------------------------------------ reaching out
    Attack("gradebook", "writes the gradebook", """
import sqlite3, os
try:
    base = sqlite3.connect(GRADEBOOK); base.execute('update grade set manual_score = 99'); base.commit(); print('LEAKED')
except Exception as error: print(type(error).__name__)"""),
    Attack("detached", "leaves a process behind that waits and then writes", """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(20)
        open(CANARY, 'w').write('changed')
    os._exit(0)
print('left')"""),
    Attack("kill-parent", "kills its parent, every process, and process 1", """
import os, signal
for pid in (os.getppid(), -1, 1, 2, 3):
    try: os.kill(pid, signal.SIGKILL) if pid != os.getpid() else None
    except OSError as error: print(type(error).__name__)"""),
    Attack("startup-files", "writes files that later shells would run", """
import os
for place in ('~/.ipython/profile_default/startup', '/etc', os.path.dirname(os.__file__)):
    try:
        os.makedirs(os.path.expanduser(place), exist_ok=True)
        open(os.path.join(os.path.expanduser(place), 'sitecustomize.py'), 'w').write('raise SystemExit')
        open(os.path.join(os.path.expanduser(place), '00-x.py'), 'w').write('import numpy; numpy.allclose = lambda *a, **k: True')
    except OSError as error: print(type(error).__name__)"""),
    Attack("symlink", "links to files outside and opens them", """
import os
for n, path in enumerate([CANARY, '/etc/shadow', GRADEBOOK]):
    try: os.symlink(path, f'l{n}'); print('LEAKED', open(f'l{n}').read()[:20])
    except OSError as error: print(type(error).__name__)
    try: os.link(path, f'h{n}'); print('LEAKED')
    except OSError as error: print(type(error).__name__)"""),
    Attack("network", "talks to a server on this machine", """
import socket
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    try:
        s = socket.socket(socket.AF_INET, kind); s.settimeout(1); s.connect(('127.0.0.1', PORT)); s.send(b'answers'); print('sent', kind)
    except OSError as error: print(type(error).__name__)"""),
    Attack("unix-sockets", "talks to local services, netlink and raw sockets", """
import socket
for family, kind in ((socket.AF_UNIX, 1), (16, 3), (17, 3), (40, 1)):
    try:
        s = socket.socket(family, kind); s.connect('/run/docker.sock' if family == 1 else (0, 0)); print('LEAKED')
    except (OSError, TypeError) as error: print(type(error).__name__)"""),
    Attack("system-calls", "makes namespaces, mounts, traces, loads programs into the kernel", """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
made = [n for n, c in {'unshare': lambda: libc.unshare(0x10000000), 'mount': lambda: libc.mount(b'x', b'/tmp', b'tmpfs', 0, None),
        'ptrace': lambda: libc.ptrace(16, 1, 0, 0), 'setuid': lambda: libc.setuid(0), 'chroot': lambda: libc.chroot(b'/tmp'),
        'memfd': lambda: libc.memfd_create(b'x', 0), 'uring': lambda: libc.syscall(425, 8, ctypes.create_string_buffer(200)),
        'bpf': lambda: libc.syscall(321, 0, 0, 0), 'keyctl': lambda: libc.syscall(250, 0, -3, 0)}.items() if c() >= 0]
print('LEAKED' if made else 'every call was refused', made)""", says="every call was refused"),
    # ------------------------------------------------------------------------------ using up
    Attack("fork-bomb", "forks as often as it can, 200 times at most", """
import os, time
made = 0
try:
    for _ in range(200):
        if os.fork() == 0: time.sleep(30); os._exit(0)
        made += 1
except OSError: pass
print('bounded' if made < 100 else 'LEAKED', made)""", says="bounded"),
    Attack("thread-bomb", "starts 300 threads", """
import threading
made, done = 0, threading.Event()
try:
    for _ in range(300): threading.Thread(target=done.wait, daemon=True).start(); made += 1
except RuntimeError: pass
print('bounded' if made < 100 else 'LEAKED', made)""", says="bounded"),
    Attack("memory", "asks for 3 GB at once", "import numpy as np\nhog = np.ones(3 << 30, dtype=np.uint8)\nprint('LEAKED')"),
    Attack("memory-shared", "asks for memory in several processes, 1.6 GB together", """
import os, time
import numpy as np
for _ in range(4):
    if os.fork() == 0:
        hog = np.ones(400 << 20, dtype=np.uint8); time.sleep(6); os._exit(0)
time.sleep(3.5)""", says="MB of memory"),
    Attack("disk-fill", "writes 400 MB", """
written = 0
try:
    for n in range(40): open(f'f{n}', 'wb').write(b'x' * 10**7); written += 10
except OSError as error: print(type(error).__name__)
print('bounded' if written < 200 else 'LEAKED', written)""", says="bounded"),
    Attack("output-flood", "prints 60 MB", "for _ in range(60): print('x' * 10**6)", says="output cut"),
    Attack("raw-flood", "writes 100 MB past Python's streams", "import os\nfor _ in range(100):\n    os.write(1, b'y' * 10**6)"),
    Attack("socket-flood", "sends 100 MB of forged outputs", _FORGE + """
one = msgpack.packb({'n': 3, 'out': {'output_type': 'stream', 'name': 'stdout', 'text': 'z' * 10**6}})
for _ in range(100): forge(struct.pack('<II', len(one), 0) + one)"""),
    Attack("recursion", "recurses without end", answers=softmax("return softmax(scores)")),
    Attack("stack", "recurses until the stack is gone",
           "import sys\nsys.setrecursionlimit(10**9)\nf = lambda x: f([x])\ng = []\nfor _ in range(10**6): g = [g]\nrepr(g)"),
    Attack("threads-left", "leaves threads running that print and compute", """
import threading
def burn():
    while True: sum(range(10000)); print('.', end='')
for _ in range(3): threading.Thread(target=burn, daemon=True).start()"""),
    Attack("ignores-signals", "ignores every signal and loops", """
import signal
for n in range(1, 32):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass""", says="could not be interrupted"),
    Attack("hang-in-call", "hangs when it is called", answers=softmax("while True: pass"), says="longer than"),
    Attack("exit-in-call", "ends the process when it is called", answers=softmax("import os; os._exit(0)"), says="ended"),
    Attack("segfault", "reads address 0", "import ctypes\nctypes.string_at(0)", says="segmentation fault"),
    Attack("raises-anything", "raises what is no Exception", answers=softmax("class B(BaseException): pass\nraise B()")),
    Attack("raises-check-failed", "raises the course's own exceptions", answers=softmax("raise vc.CheckFailed('passed', 1, 1)")),
    # ------------------------------------------------------------------------------ odd results
    Attack("unpicklable", "returns a generator, a module, a lambda",
           answers=softmax("import os\nreturn [os, lambda: 1, (x for x in scores)]")),
    Attack("enormous", "returns 350 MB", answers=softmax("return np.zeros(350 << 20, dtype=np.uint8)")),
    Attack("nested", "returns a list that holds itself", answers=softmax("x = []\nx.append(x)\nreturn x")),
    Attack("endless", "returns a generator that never ends", answers=softmax("import itertools\nreturn itertools.count()")),
    Attack("huge-number", "returns a number of a million digits", answers=softmax("return 10 ** 1000000")),
    Attack("lying-length", "returns an object of a length of 10**18", answers=softmax("""class L:
    def __len__(self): return 10 ** 18
    def __getitem__(self, i): return 0.5
    def __iter__(self):
        while True: yield 0.5
return L()""")),
    Attack("wandering-dict", "returns a dict that differs each time it is read", answers=softmax("""class D(dict):
    def items(self): import random; return [(random.random(), 0.5)] * 10
return D()""")),
    Attack("timedelta", "returns differences of times", answers=softmax("return np.timedelta64(5, 's')"), says="Not yet"),
    Attack("timedelta-bare", "returns a difference of times without a unit", answers=softmax("return np.timedelta64(5)"), says="Not yet"),
    Attack("timedelta-array", "returns an array of differences of times", answers=softmax("return np.zeros(scores.shape, 'm8[s]')")),
    Attack("longdouble", "returns numbers longer than others", answers=softmax("return np.zeros(scores.shape, np.longdouble)"),
           says="use float64"),
    Attack("longdouble-one", "returns one number longer than others", answers=softmax("return np.longdouble(1)"), says="use float64"),
    Attack("memoryview", "returns a view of memory", answers=softmax("return memoryview(np.zeros(scores.shape))")),
    Attack("long-sum", "adds 20,000 numbers in one expression", cell=f"total = {_LONG}", answers={
        "softmax": f"def softmax(scores):\n    return scores + ({_LONG})", "distances": f"def distances(a, b):\n    return {_LONG}"}),
    Attack("half-characters", "writes half a character wherever there is text", raw=_json_of(_surrogates), earns=dict(FULL), solved=True),
    Attack("listed-ids", "gives lists where ids belong", raw=_json_of(_listed), earns=dict(FULL), solved=True),
    # ------------------------------------------------------------------------------ rules of an exercise
    Attack("loop-hidden", "loops where loops are forbidden, in a helper", cell="""
def total(a, b):
    if len(a) == 0: return []
    return [math_row(a[0], b)] + total(a[1:], b)
def math_row(x, b):
    return [float(((x - y) ** 2).sum() ** 0.5) for y in b]""",
    answers={"distances": "def distances(a, b):\n    return np.array(total(a, b))"}, says="ran"),
    Attack("loop-plain", "loops where loops are forbidden", answers={
        "distances": "def distances(a, b):\n    return np.array([[np.linalg.norm(x - y) for y in b] for x in a])"}, says="comprehension"),
    Attack("reads-reference", "reads the reference answer where it stands in for a wrong one", answers={
        **softmax("return scores"), "cross-entropy": """
def cross_entropy(scores, labels):
    import inspect
    try: text = inspect.getsource(softmax)
    except Exception as error: text = repr(vars(softmax)) + repr(error)
    raise ValueError('LEAKED' if 'powers' in text else 'no source')"""}),
    # ------------------------------------------------------------------------------ the instructor's browser
    Attack("script", "puts scripts into outputs and text", """
from IPython.display import HTML, SVG, Javascript, Markdown, display
display(HTML("<script>alert('html')</script><b onclick='alert(3)'>bold</b><iframe src='x'></iframe>"))
display(Javascript("alert('js')")); display(Markdown("<script>alert('md')</script>"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg'><script>alert('svg')</script></svg>"))
print("<script>alert('stdout')</script>")""", softmax("raise ValueError(\"<script>alert('error')</script>\")"), edit=_script),
    # ------------------------------------------------------------------------------ files that are no notebooks
    Attack("corrupt", "hands in half a file", raw=b'{"cells": [', says="not a notebook"),
    Attack("deep-json", "hands in JSON that is 100,000 levels deep", raw=b"[" * 100_000, says="not a notebook"),
    Attack("odd-json", "hands in JSON of odd types",
           raw=json.dumps({"nbformat": 4, "cells": [None, 3, {"cell_type": "code", "source": {"a": 1}, "metadata": []},
           {"cell_type": ["x"]}], "metadata": "no"}).encode()),
]
