"""A training that can be watched: curves, gradient norms, update/weight ratios and sample predictions, while it runs.

In Jupyter one picture that changes, and stays; in a terminal a progress bar; where stdout is a file or a pipe one last line; under
nbgrader, or while a judge holds the output back, nothing. Only in Jupyter are gradients measured and samples computed.

What goes wrong here must not cost hours of training. A call that is wrong from the start raises at once; after the first `update`
whatever cannot be recorded or drawn is left out, and a sentence in the picture says so.
"""

import base64
import contextlib
import operator
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .desk import current

PICTURES_A_SECOND = 8
SHARE = 0.1                                            # of the time that may go into pictures
MEASURED_STEPS = 200                                   # of a training, about: steps at which gradients and updates are measured
AGAIN = 2.0                                            # seconds within which a second interrupt stops the cell too
_clock = time.monotonic


class LiveTraining:
    """Shows a training of `total` steps while it runs, as a context manager or as a callback `view(step, **values)`.

    with vc.LiveTraining(300, classes=names) as view:
        for step in range(300):
            ...
            view.update(step, loss=loss, val_accuracy=accuracy, model=model, optimizer=optimizer)

    classes: names for sample predictions. Raises ValueError for a total below 1.

    An interrupt within the `with` block ends the block and not the cell, where a person watches (Jupyter, a terminal): the last picture
    is drawn, a sentence says where it stopped (`stopped_at` keeps the step), and the lines after the block run, with what was trained so
    far, as after early stopping. A second interrupt within two seconds passes, so that a loop of many trainings can be stopped too. Where
    nobody watches, and without `with`, interrupts pass, because they may be a grader's time limit. Every other exception passes after
    the last picture.
    """

    _last_stop = -float("inf")

    def __init__(self, total: int, classes: Sequence[str] = ()):
        if not _is_whole(total) or total < 1:
            raise ValueError(f"total={total!r}: give the number of steps of the whole training, at least 1")
        from . import live_picture as render
        self._render, self._record, self._picture = render, render.Record(int(total)), render.Picture()
        self._classes = classes
        self._samples: tuple[Any, Any] | None = None
        self._step: int | None = None                  # the last one recorded
        self._first, self._offset = 0, 0
        self._scales = _Scales(MEASURED_STEPS, int(total))
        self._mode, self._inside = "", False
        self._handle: Any = None
        self._bar: Any = None
        self._next, self._new = 0.0, False
        self.stopped_at: int | None = None

    def __enter__(self) -> "LiveTraining":
        self._mode, self._handle, self._inside = _mode(), None, True       # in a new cell a new picture
        self.stopped_at = None
        self._record.notes.pop("stopped", None)
        return self

    def __exit__(self, kind, error, traceback) -> bool:
        self._inside = False
        if kind is None or not issubclass(kind, KeyboardInterrupt):
            self.close()
            return False
        now, self.stopped_at = _clock(), self._step
        again, LiveTraining._last_stop = now - LiveTraining._last_stop < AGAIN, now
        watched = self._mode in ("jupyter", "terminal")
        said = f"Stopped at step {self._record.done} of {self._record.total}; what was trained and recorded is kept."
        self._note("stopped", said)
        self.close()
        if watched:
            print(said, "The cell stops too." if again else "Interrupt twice within two seconds to stop the whole cell.")
        return watched and not again

    def __call__(self, step: int, **values: Any) -> None:
        self.update(step, **values)

    def update(self, step: int, *, model: Any = None, gradients: Mapping[str, np.ndarray] | None = None, optimizer: Any = None,
               samples: Any = None, **values: Any) -> None:
        """Record what is known at a step, and draw it if it is time for a picture.

        step: counted from the start of the training (0, 1, 2, ...), not from the start of an epoch. One step may be given in several calls.
        values: numbers, or arrays and tensors of one element; None for what is not known at this step. Names decide the panels:
        loss, train_loss and val_loss share one, accuracy and val_acc another, and so on.
        model: a torch module, a dictionary of arrays, or an object with such a dictionary as .params. gradients: a dictionary of arrays
        with the same names; a torch module has its own.
        optimizer: the torch optimizer of the module; its steps are measured where they happen, so it does not matter whether `update` is
        called at each of them and when gradients are cleared. Without it, `update` belongs after the step and before zero_grad.
        samples: (pictures, probabilities or scores, labels), or a function that gives them. The function is called when a picture is due,
        without gradients, with `model` in evaluation mode, and random generators continue afterwards as if it had not been called.

        Raises TypeError or ValueError at the first call for what is no number, no step, no model or no optimizer.
        """
        if not self._mode:
            self._mode = _mode()
        faults: dict[Any, Exception] = {}
        step = self._whole(step, faults)
        numbers = {}
        for name, value in values.items():
            if value is not None:
                try:
                    numbers[name] = _number(name, value)
                except Exception as fault:             # float() of a stranger's object may raise anything
                    faults["value", name] = fault
        try:
            _check_given(model, gradients, optimizer)
        except TypeError as fault:
            faults["model"] = fault
            model = gradients = None
        if faults and self._step is None:
            raise next(iter(faults.values()))
        for key, problem in faults.items():
            self._note(key, f"Step {step}: {problem}. It is left out.")
        if self._step is None:
            self._first = step
        self._step, self._record.done, self._new = step, step + (self._first == 0), True
        for name, value in numbers.items():
            self._add(self._record.curves, name, value, name.replace("_", " "), self._record.span)
        if self._mode == "jupyter":
            if model is not None or gradients is not None:
                self._measure(step, model, gradients, optimizer)
            self._samples = (samples, model) if samples is not None else self._samples
        if self._record.done == self._record.total and not self._inside:
            self.close()                               # a callback is not told that the training has ended
        else:
            self._show(last=False)

    def close(self) -> None:
        """Draw the last picture, end the progress bar, and let go of the optimizer; the `with` block does it by itself."""
        self._scales.release()
        if self._new:
            self._show(last=True)
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if self._new and self._mode == "plain" and self._speaks:
            print("; ".join([self._render.headline(self._record), *(note.rstrip(".") for note in self._record.notes.values())]))
        self._new = False

    @property
    def history(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Steps and values of everything recorded, by name: `plt.plot(*view.history["loss"])`.

        Where it was measured, "gradient_norm/NAME" and "update_ratio/NAME" for each parameter tensor.
        """
        groups = (("", self._record.curves), ("gradient_norm/", self._record.gradients), ("update_ratio/", self._record.ratios))
        return {prefix + name: (np.array(c.steps), np.array(c.values)) for prefix, curves in groups for name, c in curves.items()}

    def picture(self) -> bytes:
        """PNG of what has been recorded, the same bytes for the same record."""
        return self._picture.png(self._record, last=True)

    def describe(self) -> str:
        """The picture in words, with its numbers: its alt text."""
        return self._render.describe(self._record)

    _speaks = True                                     # Solver prints lines of its own

    def _whole(self, step: Any, faults: dict) -> int:
        """The step as a whole number that does not go back."""
        if not _is_whole(step) or step < 0:
            faults["step"] = TypeError(f"step is {_brief(step)}, but it must be a whole number from 0 on")
            return 0 if self._step is None else self._step + 1
        step = int(step) + self._offset
        if self._step is not None and step < self._step:
            self._note("back", f"The step went back from {self._step} to {step}; the count goes on from {self._step + 1}. "
                               "Give the number of steps since training began, not since the epoch began.")
            self._offset += self._step + 1 - step
            step = self._step + 1
        return step

    def _add(self, curves: dict, name: str, value: float, words: str, span: float = 1, key: Any = None) -> None:
        curves.setdefault(name, self._render.Curve(span)).add(self._step, value)
        if not np.isfinite(value):
            self._note(key or ("broken", words), f"{words[0].upper()}{words[1:]} is {value:g} since step {self._step}.")

    def _note(self, key: Any, text: str) -> None:
        if key not in self._record.notes:
            self._record.notes[key] = text
            if self._mode == "terminal" and key != "stopped":
                from tqdm import tqdm
                tqdm.write(text, file=sys.stdout)      # above the bar

    def _measure(self, step: int, model: Any, gradients: Mapping | None, optimizer: Any) -> None:
        record = self._record
        try:
            norms, ratios, notes = self._scales.see(step, model, gradients, optimizer)
            for key, note in notes.items():
                self._note(key, note)
            record.matrices |= self._scales.matrices
            for name, value in norms.items():
                self._add(record.gradients, name, value, f"gradient of {name}", key="broken gradient")
            for name, value in ratios.items():
                self._add(record.ratios, name, value, f"update of {name}", key="broken gradient")
        except Exception as fault:
            self._note("measure", f"Gradients and updates cannot be measured: {_brief(fault)}")

    def _show(self, last: bool) -> None:
        start = _clock()
        if self._mode in ("off", "plain") or start < self._next and not last:
            return
        try:
            if self._mode == "terminal":
                self._move_bar()
            elif last or not self._only_last:
                self._draw(last)
        except Exception as fault:
            self._note("drawing", f"The picture cannot be drawn: {_brief(fault)}")
        now, first = _clock(), not self._next
        took = 0 if first else now - start             # the first one loads matplotlib, the next ones do not
        self._next = now + max(1 / PICTURES_A_SECOND, (1 / SHARE - 1) * took)

    @property
    def _only_last(self) -> bool:
        from .widgets import mode
        return mode() == "static"

    def _draw(self, last: bool) -> None:
        if self._samples is not None:
            self._record.samples = self._predictions()
        with _uninterrupted():
            from IPython.display import display

            png = self._picture.png(self._record, last)
            text = self.describe()
            data, metadata = {"image/png": base64.b64encode(png).decode(), "text/plain": text}, {"image/png": {"alt": text}}
            if self._handle is None:
                self._handle = display(data, raw=True, metadata=metadata, display_id=True)
            else:
                self._handle.update(data, raw=True, metadata=metadata)

    def _predictions(self) -> list:
        if self._samples is None:
            return []
        samples, model = self._samples
        try:
            with _undisturbed(model):
                shown: Any = samples() if callable(samples) else samples
                return self._render.samples_from(*(*shown, self._classes))
        except Exception as fault:
            self._note("samples", f"No sample predictions: {_brief(fault)}")
            return []

    def _move_bar(self) -> None:
        if self._bar is None:
            from tqdm import tqdm
            self._bar = tqdm(total=self._record.total, file=sys.stdout, unit="step", leave=self._speaks)
        self._bar.set_postfix_str(", ".join(self._render.latest(self._record)), refresh=False)
        self._bar.n = self._record.done
        self._bar.refresh()


class _Scales:
    """Lengths of gradients, weights and updates, measured at about `most` steps of a training; steps decide which, never time."""

    def __init__(self, most: int, total: int):
        self._every, self._due = max(1, total // most), 0
        self._before: dict[str, Any] = {}              # copies of the weights before an update that is measured
        self._copied_at = 0
        self._optimizer: Any = None
        self._hooks: list[Any] = []
        self._armed = False                            # for the optimizer's next step
        self._found: tuple[dict[str, float], dict[str, float], list[str]] | None = None       # what that step brought
        self.matrices: set[str] = set()

    def see(self, step: int, model: Any, gradients: Mapping | None, optimizer: Any) -> tuple[dict, dict, dict]:
        """Norms and ratios known at this step, and sentences about what is missing."""
        notes: dict[str, str] = {}
        tensors, frozen = _tensors(model, gradients)
        if frozen:
            notes["frozen"] = (f"{len(frozen)} of {len(frozen) + len(tensors)} parameter tensors are frozen and have no curves: "
                               f"{_listed(frozen)}.")
        self.matrices = {name for name, w, g in tensors if np.ndim(w if w is not None else g) > 1}
        norms: dict[str, float] = {}
        ratios: dict[str, float] = {}
        due = step >= self._due
        if due:
            self._due = step + self._every
        if optimizer is not None:
            if optimizer is not self._optimizer:
                self._attach(optimizer, model)
                self._armed = due
            elif self._found is not None:
                (norms, ratios, missing), self._found = self._found, None
                self._tell_missing(missing, len(tensors), step, notes)
            self._armed = self._armed or due
            return norms, ratios, notes
        if self._before:
            if step == self._copied_at + 1:
                ratios = self._ratios(tensors)
            elif step > self._copied_at + 1:
                notes["gap"] = "Update/weight ratios need update() at every step, or the optimizer as optimizer=."
            if step > self._copied_at:
                self._before = {}
        if due:
            norms = {name: _norm(g) for name, _, g in tensors if g is not None}
            if gradients is not None or hasattr(model, "named_parameters"):
                self._tell_missing([name for name, _, g in tensors if g is None], len(tensors), step, notes)
            self._before, self._copied_at = _copies(tensors), step
        return norms, ratios, notes

    def release(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._optimizer, self._hooks, self._before = None, [], {}

    def _attach(self, optimizer: Any, model: Any) -> None:
        self.release()
        self._optimizer = optimizer
        missing, norms = [], {}

        def before(*_: Any) -> None:
            nonlocal missing, norms
            if self._armed:
                with contextlib.suppress(Exception):   # a picture must not stop a step
                    tensors = _tensors(model, None)[0]
                    missing = [name for name, _, g in tensors if g is None]
                    norms = {name: _norm(g) for name, _, g in tensors if g is not None}
                    self._before = _copies(tensors)

        def after(*_: Any) -> None:
            if self._armed and self._before:
                with contextlib.suppress(Exception):
                    self._found = norms, self._ratios(_tensors(model, None)[0]), missing
                self._armed, self._before = False, {}

        self._hooks = [optimizer.register_step_pre_hook(before), optimizer.register_step_post_hook(after)]

    def _ratios(self, tensors: list) -> dict[str, float]:
        found = {}
        for name, w, _ in tensors:
            if name in self._before and self._before[name].shape == w.shape:
                size = _norm(self._before[name])
                if size > 0:                           # biases begin at 0
                    found[name] = _norm(w - self._before[name]) / size
        return found

    @staticmethod
    def _tell_missing(missing: list[str], count: int, step: int, notes: dict[str, str]) -> None:
        if missing and len(missing) == count:
            notes["missing"] = (f"There are no gradients at step {step}: call update after backward and before zero_grad, "
                                "or give optimizer=.")
        elif missing:
            notes["missing"] = f"No gradient reaches {_listed(missing)} (step {step})."


def _mode() -> str:
    """Who looks: jupyter, terminal, plain (stdout is a file or a pipe), or off."""
    from .widgets import mode

    if current.under_grader() or mode() == "off":
        return "off"
    shell = current.shell()
    if shell is not None:
        from IPython.core.displaypub import CapturingDisplayPublisher
        if isinstance(shell.display_pub, CapturingDisplayPublisher):
            return "off"
        if hasattr(shell, "kernel"):
            return "jupyter"
    return "terminal" if sys.stdout.isatty() else "plain"


def _is_whole(value: Any) -> bool:
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, bool)


def _number(name: str, value: Any) -> float:
    value = value.detach() if hasattr(value, "detach") else value
    size = getattr(value, "size", 1)
    size = value.numel() if hasattr(value, "numel") else size
    if size != 1:
        raise ValueError(f"{name} has {size} elements, but a curve needs one number, such as their mean")
    if isinstance(value, (str, bytes)):
        raise TypeError(f"{name} is {_brief(value)}, which is no number")
    try:
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {_brief(value)}, which is no number") from None


def _check_given(model: Any, gradients: Any, optimizer: Any) -> None:
    if model is not None and not hasattr(model, "named_parameters") and _params(model) is None:
        raise TypeError(f"model is {_brief(model)}: give a torch module, a dictionary of arrays, "
                        "or an object with such a dictionary as .params")
    if gradients is not None and not isinstance(gradients, Mapping):
        raise TypeError(f"gradients is {_brief(gradients)}: give a dictionary of arrays with the names of the parameters")
    if optimizer is not None and not (hasattr(optimizer, "register_step_post_hook") and hasattr(model, "named_parameters")):
        raise TypeError(f"optimizer is {_brief(optimizer)}: give a torch optimizer together with its module as model=, or leave it out")


def _params(model: Any) -> Mapping | None:
    found = model if isinstance(model, Mapping) else getattr(model, "params", None)
    return found if isinstance(found, Mapping) else None


def _tensors(model: Any, gradients: Mapping | None) -> tuple[list[tuple[str, Any, Any]], list[str]]:
    """(name, weights, gradient or None) of every parameter tensor that learns, and the names of those that do not."""
    if hasattr(model, "named_parameters"):
        named = list(model.named_parameters())
        given = gradients or {}
        return [(n, p.detach(), given.get(n, p.grad)) for n, p in named if p.requires_grad], [n for n, p in named if not p.requires_grad]
    if model is None:
        return [(n, None, g) for n, g in (gradients or {}).items()], []
    return [(n, w, (gradients or {}).get(n)) for n, w in (_params(model) or {}).items()], []


def _copies(tensors: list) -> dict[str, Any]:
    return {name: w.clone() if hasattr(w, "clone") else np.array(w) for name, w, _ in tensors if w is not None}


def _norm(tensor: Any) -> float:
    if hasattr(tensor, "detach"):
        tensor = tensor.detach()
        return float((tensor.float() if tensor.element_size() < 4 else tensor).norm())
    return float(np.linalg.norm(np.ravel(tensor)))


@contextlib.contextmanager
def _undisturbed(model: Any) -> Iterator[None]:
    """Evaluation mode and no gradients within; modes and random generators as before afterwards."""
    states, torch = (random.getstate(), np.random.get_state()), sys.modules.get("torch")
    with contextlib.ExitStack() as stack:
        if torch is not None:
            cuda = torch.cuda.is_initialized()
            stack.enter_context(torch.random.fork_rng(range(torch.cuda.device_count()) if cuda else ()))
            stack.enter_context(torch.no_grad())
        modes = [(part, part.training) for part in model.modules()] if hasattr(model, "modules") else []
        try:
            for part, _ in modes:
                part.training = False
            yield
        finally:
            for part, training in modes:
                part.training = training
            random.setstate(states[0])
            np.random.set_state(states[1])


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """An interrupt within waits until the end: half an import of matplotlib, half a picture or half a message would spoil the next one."""
    handler, waiting = signal.getsignal(signal.SIGINT), []
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, lambda *call: waiting.append(call))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if waiting:
            handler(*waiting[0])


def _brief(value: Any) -> str:
    text = f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else repr(value)
    return " ".join(text.split())[:120]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
