"""What tests of LiveTraining share: nobody grades, and something stands for a notebook's front end."""

from types import SimpleNamespace

import pytest
import torch

from visioncourse import live


@pytest.fixture(autouse=True)
def watched(nobody_grades, monkeypatch):
    """Somebody watches, and nothing has been stopped yet."""
    monkeypatch.setattr(live.LiveTraining, "_last_stop", -float("inf"))


class Front:
    """Stands for a notebook: pictures with their alt texts, and a clock of its own."""

    def __init__(self):
        self.now, self.cost, self.shown, self.times, self.opened = 0.0, 0.0, [], [], 0

    def display(self, data, *, raw, metadata, display_id):
        assert raw and display_id
        self.opened += 1
        self.update(data, raw=raw, metadata=metadata)
        return SimpleNamespace(update=self.update)

    def update(self, data, *, raw, metadata):
        self.now += self.cost
        self.times.append(self.now)
        self.shown.append((data, metadata))

    @property
    def alt(self):
        data, metadata = self.shown[-1]
        assert data["text/plain"] == metadata["image/png"]["alt"]
        return data["text/plain"]


@pytest.fixture
def front(monkeypatch):
    import IPython.display

    front = Front()
    monkeypatch.setattr(live, "_mode", lambda: "jupyter")
    monkeypatch.setattr(live, "_clock", lambda: front.now)
    monkeypatch.setattr(IPython.display, "display", front.display)
    return front


@pytest.fixture
def panels():
    """A function that gives the axes of a view's figure by title."""
    def by_title(view):
        view.picture()
        return {ax.get_title(): ax for ax in view._picture.figure.axes}

    return by_title


@pytest.fixture
def torch_net():
    """A function that makes a network."""
    def make():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))

    return make
