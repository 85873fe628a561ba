"""LiveTraining: who sees what: a pipe, a terminal, a kernel, a judge."""

import base64
import fcntl
import io
import json
import os
import pty
import subprocess
import sys
import termios
import threading

import pytest
from workshop import ROOT

from visioncourse import live_picture as training

# Who sees what

SCRIPT = """
import sys, visioncourse as vc
looked = []
with vc.LiveTraining(40) as view:
    for step in range(40):
        view.update(step, loss=4.0 - step / 10 if step < 30 else float("nan"), val_accuracy=step / 40 if step % 10 == 0 else None,
                    samples=lambda: looked.append(1), model={"W": 1})
print(len(view.history["loss"][0]), looked, sorted({"matplotlib", "torch", "IPython", "ipywidgets"} & set(sys.modules)))
"""


def script(**environment):
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env={**os.environ, **environment}, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_in_a_pipe_there_is_one_last_line():
    assert script() == ["step 40 of 40, loss nan, val accuracy 0.75; Loss is nan since step 30", "40 [] []"]


@pytest.mark.slow
@pytest.mark.parametrize("name, value",
                         [("NBGRADER_EXECUTION", "autograde"), ("NBGRADER_VALIDATING", "1"), ("VISIONCOURSE_WIDGETS", "off")])
def test_under_nbgrader_there_is_nothing(name, value):
    assert script(**{name: value}) == ["40 [] []"]


def in_terminal(code, interrupt_after=None):
    """What a terminal gets from a script, and its exit status; with Ctrl-C pressed after a text has come."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 120))
    done = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=follower, stdout=follower, stderr=follower,
                            start_new_session=True,
                            preexec_fn=lambda: fcntl.ioctl(follower, termios.TIOCSCTTY, 0))
    os.close(follower)
    told, limit = b"", threading.Timer(120, done.kill)
    limit.start()
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:                                # the other end is closed
            break
        if not part:
            break
        told += part
        if interrupt_after and interrupt_after in told:
            os.write(leader, b"\x03")
            interrupt_after = None
    os.close(leader)
    limit.cancel()
    return told.decode(), done.wait(60)


@pytest.mark.slow
def test_in_a_terminal_there_is_a_bar_with_the_latest_numbers():
    told, status = in_terminal(SCRIPT)
    assert status == 0
    assert "100%" in told and "40/40" in told and "loss nan, val accuracy 0.75" in told and "Loss is nan since step 30." in told
    assert told.rstrip().endswith("40 [] []"), "no matplotlib, no samples"


@pytest.mark.slow
def test_in_a_terminal_control_c_keeps_what_was_trained():
    told, status = in_terminal("""
import time, visioncourse as vc
with vc.LiveTraining(100000) as view:
    for step in range(100000):
        view.update(step, loss=1.0)
        time.sleep(0.01)
        if step == 20: print("twenty", flush=True)
print("kept", 20 <= view.stopped_at <= len(view.history["loss"][0]))
""", interrupt_after=b"twenty")
    assert status == 0 and "kept True" in told and "Traceback" not in told
    assert told.count("what was trained and recorded is kept") == 1


# In a real kernel

class Kernel:
    """A kernel of this Python, and what its cells put out."""

    def __init__(self, folder, **environment):
        from jupyter_client.manager import KernelManager
        self._manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        kept = {k: v for k, v in os.environ.items() if k not in ("NBGRADER_EXECUTION", "NBGRADER_VALIDATING", "VISIONCOURSE_WIDGETS")}
        self._manager.start_kernel(env={**kept, **environment}, cwd=str(ROOT))
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=120)

    def run(self, code, interrupt_at=None):
        """Outputs of a cell as a notebook keeps them, and the status; interrupted by SIGINT once a text has been printed."""
        asked, outputs, ids = self._client.execute(code), [], {}
        while True:
            message = self._client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind == "display_data":
                ids[content["transient"]["display_id"]] = len(outputs)
                outputs.append(content)
            elif kind == "update_display_data":
                outputs[ids[content["transient"]["display_id"]]] = content
            elif kind in ("stream", "error"):
                outputs.append(content)
                if interrupt_at and interrupt_at in content.get("text", ""):
                    self._manager.interrupt_kernel()
                    interrupt_at = None
        return outputs, self._client.get_shell_msg(timeout=60)["content"]["status"]

    def text(self, code):
        return "".join(o.get("text", "") for o in self.run(code)[0])

    def end(self):
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path_factory):
    opened = []

    def start(**environment):
        opened.append(Kernel(tmp_path_factory.mktemp("k"), **environment))
        return opened[-1]

    yield start
    for one in opened:
        one.end()


NUMPY_LOOP = """
import time, numpy as np, visioncourse as vc
W = np.ones((3, 2))
with vc.LiveTraining(100000) as view:
    for step in range(100000):
        grad = W.copy()
        W = W - 1e-3 * grad
        view.update(step, loss=(W ** 2).sum(), model={"W": W}, gradients={"W": grad})
        time.sleep(0.002)
        if step == 300: print("go")
after = "ran"
"""
TORCH_LOOP = """
import torch, visioncourse as vc
torch.set_num_threads(1)
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 36, 4))
optimizer = torch.optim.SGD(net.parameters(), lr=1e-2)
X, y = torch.randn(64, 3, 8, 8), torch.arange(64) % 4
start = [p.detach().clone() for p in net.parameters()]
with vc.LiveTraining(100000, classes="abcd") as view:
    for step in range(100000):
        loss = torch.nn.functional.cross_entropy(net(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        view.update(step, loss=loss, model=net, optimizer=optimizer, samples=lambda: (X[:4], net(X[:4]), y[:4]))
        if step == 300: print("go")
after = "ran"
moved = max((p - q).abs().max().item() for p, q in zip(start, net.parameters())) > 0
"""


@pytest.mark.slow
@pytest.mark.parametrize("loop, kept",
                         [(NUMPY_LOOP, "bool((W < 1).all())"), (TORCH_LOOP, "moved and not optimizer._optimizer_step_pre_hooks")])
def test_an_interrupted_cell_ends_well_and_keeps_one_ordinary_picture(loop, kept, kernel):
    from PIL import Image

    running = kernel()
    outputs, status = running.run(loop, interrupt_at="go")
    assert status == "ok" and not [o for o in outputs if "ename" in o]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == 1 and set(pictures[0]["data"]) == {"image/png", "text/plain"}
    alt = pictures[0]["metadata"]["image/png"]["alt"]
    assert "Stopped at step " in alt and " of 100000" in alt and "update/weight ratio" in alt
    assert ("sample predictions right" in alt) == (loop is TORCH_LOOP)
    assert Image.open(io.BytesIO(base64.b64decode(pictures[0]["data"]["image/png"]))).width == training.WIDTH
    said = "".join(o.get("text", "") for o in outputs)
    assert "Stopped at step " in said and "Traceback" not in said
    answer = running.text(f"print(after, {kept}, view.stopped_at >= 300, len(view.history['loss'][0]) >= view.stopped_at)")
    assert answer == "ran True True True\n"


SOLVER = """
import time, numpy as np, visioncourse as vc
from visioncourse.classifiers import TwoLayerNet
np.random.seed(0)
X, y = np.random.randn(600, 6), np.arange(600) % 3
class Slow(TwoLayerNet):
    def loss(self, X, y=None):
        time.sleep(0.002)
        return super().loss(X, y)
net = Slow(6, 9, 3)
data = dict(X_train=X, y_train=y, X_val=X, y_val=y)
solver = vc.Solver(net, data, num_epochs=20, batch_size=10, print_every=10**6, num_train_samples=100)
"""


@pytest.mark.slow
def test_an_interrupted_solver_keeps_the_best_and_goes_on(kernel):
    running = kernel()
    outputs, status = running.run(SOLVER + "solver.train()", interrupt_at="(Epoch 3 ")
    assert status == "ok" and "Stopped at step " in json.dumps(outputs)
    assert running.text("print(net.params is solver.best_params, len(solver.loss_history) < 1200)") == "True True\n"
    outputs, status = running.run("solver.train()")
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert status == "ok" and len(pictures) == 1
    alt = pictures[0]["data"]["text/plain"]
    assert "step 1200 of 1200" in alt and "Stopped" not in alt
    kept = "len(solver.loss_history), len(solver.val_acc_history), net.params is solver.best_params"
    assert running.text(f"print({kept})") == "1200 21 True\n"


@pytest.mark.slow
def test_in_a_kernel_a_judge_or_nbgrader_sees_nothing(kernel):
    short = "import visioncourse as vc\nwith vc.LiveTraining(3) as view:\n    for s in range(3): view.update(s, loss=1.0)\n"
    assert kernel(NBGRADER_EXECUTION="autograde").run(short) == ([], "ok")
    running = kernel()
    assert len(running.run(short)[0]) == 1
    indented = "".join("    " + line + "\n" for line in short.splitlines())
    code = ("import sys\nfrom IPython.utils.capture import capture_output\nwith capture_output() as held:\n"
            f"{indented}assert held.outputs == [] and not held.stdout and not held.stderr")
    assert running.run(code) == ([], "ok")
