import json
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

import visioncourse as vc
from visioncourse import solver as module
from visioncourse.classifiers import TwoLayerNet
from visioncourse.solver import Solver


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 6)) + 2 * np.eye(6)[np.arange(90) % 3]
    y = np.arange(90) % 3
    return {"X_train": X[:60], "y_train": y[:60], "X_val": X[60:], "y_val": y[60:]}


@pytest.fixture
def net():
    np.random.seed(0)
    return TwoLayerNet(6, 20, 3, weight_scale=0.1)


def test_histories_have_the_lengths_of_the_protocol(net, data):
    solver = Solver(net, data, num_epochs=4, batch_size=20, optim_config={"learning_rate": 0.1}, verbose=False)
    solver.train()
    assert len(solver.loss_history) == 4 * 3
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 4 + 1
    assert solver.epoch == 4
    assert solver.loss_history[-1] < solver.loss_history[0]


def test_the_model_ends_with_the_best_parameters(net, data):
    solver = Solver(net, data, num_epochs=5, batch_size=10, optim_config={"learning_rate": 0.3}, verbose=False)
    solver.train()
    assert solver.best_val_acc == max(solver.val_acc_history)
    assert net.params is solver.best_params
    assert solver.check_accuracy(data["X_val"], data["y_val"]) == solver.best_val_acc


def test_batches_larger_than_the_data_make_one_iteration_an_epoch(net, data):
    solver = Solver(net, data, num_epochs=3, batch_size=500, verbose=False)
    solver.train()
    assert len(solver.loss_history) == 3
    assert len(solver.val_acc_history) == 3


def test_learning_rate_decays_after_each_epoch_for_every_parameter(net, data):
    given = {"learning_rate": 1.0}
    solver = Solver(net, data, num_epochs=3, batch_size=20, lr_decay=0.5, optim_config=given, verbose=False)
    solver.train()
    assert {name: c["learning_rate"] for name, c in solver.optim_configs.items()} == dict.fromkeys(net.params, 0.125)
    assert given == {"learning_rate": 1.0}


def test_a_rule_of_ones_own_is_called_for_every_parameter(net, data):
    seen = []
    def rule(w, dw, config):
        seen.append(w.shape)
        return w, config
    Solver(net, data, update_rule=rule, num_epochs=1, batch_size=60, verbose=False).train()
    assert sorted(seen) == sorted(w.shape for w in net.params.values())


@pytest.mark.parametrize("name", ["sgd", "sgd_momentum", "rmsprop", "adam"])
def test_the_rules_are_known_by_name(net, data, name):
    solver = Solver(net, data, update_rule=name, num_epochs=10, batch_size=20, optim_config={"learning_rate": 0.01}, verbose=False)
    solver.train()
    assert np.mean(solver.loss_history[-5:]) < solver.loss_history[0]


@pytest.mark.parametrize("keywords, said",
                         [(dict(learning_rate=1), "unknown keyword learning_rate"), (dict(update_rule="adagrad"), "adagrad")])
def test_unknown_words_are_refused(net, data, keywords, said):
    with pytest.raises(ValueError, match=said):
        Solver(net, data, **keywords)


def test_a_missing_gradient_is_named(net, data):
    class Forgetful:
        params = {"W": np.zeros((6, 3)), "b": np.zeros(3)}
        def loss(self, X, y=None):
            return X @ self.params["W"] if y is None else (0.0, {"W": np.zeros((6, 3))})
    with pytest.raises(KeyError, match="no gradient for b"):
        Solver(Forgetful(), data, verbose=False).train()


def test_accuracy_on_a_sample_and_in_batches(net, data):
    solver = Solver(net, data, verbose=False)
    whole = solver.check_accuracy(data["X_train"], data["y_train"])
    assert whole == solver.check_accuracy(data["X_train"], data["y_train"], batch_size=7)
    assert solver.check_accuracy(data["X_train"], data["y_train"], num_samples=10) * 10 % 1 == pytest.approx(0)


def test_a_checkpoint_an_epoch_can_be_read_back(net, data, tmp_path):
    Solver(net, data, num_epochs=2, batch_size=20, checkpoint_name=str(tmp_path / "net"), verbose=False).train()
    with (tmp_path / "net_epoch_2.pkl").open("rb") as file:
        saved = pickle.load(file)
    assert saved["epoch"] == 2 and len(saved["loss_history"]) == 6 and set(saved["model"].params) == {"W1", "b1", "W2", "b2"}


def test_verbose_speaks_on_stdout_alone_and_silence_is_silent(net, data, capsys):
    Solver(net, data, num_epochs=1, batch_size=20, print_every=2).train()
    told = capsys.readouterr()
    assert [line.split(" loss")[0] for line in told.out.splitlines() if "Iteration" in line] == ["(Iteration 1 / 3)", "(Iteration 3 / 3)"]
    assert "(Epoch 1 / 1) train acc: " in told.out
    assert told.err == ""
    Solver(net, data, num_epochs=1, batch_size=20, verbose=False).train()
    assert capsys.readouterr().out == ""


def test_the_package_offers_it_at_the_top():
    assert vc.Solver is Solver


def test_its_lines_are_those_of_the_handouts(net, data, capsys):
    solver = Solver(net, data, num_epochs=2, batch_size=20, print_every=2)
    solver.train()
    loss, train, val = solver.loss_history, solver.train_acc_history, solver.val_acc_history
    assert capsys.readouterr().out.splitlines() == [
        f"(Iteration 1 / 6) loss: {loss[0]:f}", f"(Epoch 0 / 2) train acc: {train[0]:f}; val_acc: {val[0]:f}",
        f"(Iteration 3 / 6) loss: {loss[2]:f}", f"(Epoch 1 / 2) train acc: {train[1]:f}; val_acc: {val[1]:f}",
        f"(Iteration 5 / 6) loss: {loss[4]:f}", f"(Epoch 2 / 2) train acc: {train[2]:f}; val_acc: {val[2]:f}"]


@pytest.mark.slow
def test_it_shows_losses_accuracies_gradients_and_updates(net, data, monkeypatch):
    import IPython.display

    from visioncourse import live

    shown = []
    monkeypatch.setattr(live, "_mode", lambda: "jupyter")
    monkeypatch.setattr(IPython.display, "display",
                        lambda d, **_: shown.append(d) or SimpleNamespace(update=lambda d, **_: shown.append(d)))
    views = []
    monkeypatch.setattr(module, "_View", lambda total: views.append(module.LiveTraining(total)) or views[0])
    solver = Solver(net, data, num_epochs=4, batch_size=20, optim_config={"learning_rate": 0.1})
    solver.train()
    history = views[0].history
    assert history["loss"][1].tolist() == solver.loss_history
    assert history["train_accuracy"][1].tolist() == solver.train_acc_history
    assert history["val_accuracy"][1].tolist() == solver.val_acc_history
    assert history["val_accuracy"][0].tolist() == [0, 2, 5, 8, 11]
    steps, ratios = history["update_ratio/W1"]
    assert steps.tolist() == list(range(1, 12)) and np.isfinite(ratios).all() and (ratios > 0).all()
    assert len(history["gradient_norm/b2"][1]) == 12
    assert shown[-1]["text/plain"].startswith("Training, step 12 of 12. loss from ")


def test_in_silence_nothing_is_shown_or_measured(net, data, monkeypatch):
    monkeypatch.setattr(module, "_View", lambda total: pytest.fail("made a view"))
    Solver(net, data, num_epochs=1, batch_size=20, verbose=False).train()


class Stopping:
    """Plain SGD that somebody interrupts at a call."""

    def __init__(self, at):
        self.left, self.seen = at, []

    def __call__(self, w, dw, config):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        self.seen.append(w.copy())
        return w - 0.3 * dw, config


@pytest.mark.parametrize("verbose", [True, False])
def test_an_interrupt_keeps_the_best_parameters_and_train_goes_on_from_the_last(verbose, net, data):
    rule = Stopping(at=4 * 10 + 1)                     # in the eleventh iteration, at the first of four parameters
    solver = Solver(net, data, update_rule=rule, num_epochs=6, batch_size=20, verbose=verbose)
    with pytest.raises(KeyboardInterrupt):             # nobody watches here, so it passes
        solver.train()
    assert net.params is solver.best_params and len(solver.loss_history) == 11 and solver.epoch == 3
    assert solver.check_accuracy(data["X_val"], data["y_val"]) == solver.best_val_acc
    last = {name: w.copy() for name, w in solver._left_off[1].items()}
    seen = len(rule.seen)
    solver.train()
    assert all(np.array_equal(w, started) for w, started in zip(last.values(), rule.seen[seen:seen + 4], strict=True))
    assert len(solver.loss_history) == 18 and len(solver.val_acc_history) == 6 + 1 and solver.epoch == 6
    assert solver.check_accuracy(data["X_val"], data["y_val"]) == solver.best_val_acc == max(solver.val_acc_history)


def test_where_a_person_watches_the_cell_goes_on_after_an_interrupt(net, data, monkeypatch, capsys):
    from visioncourse import live

    monkeypatch.setattr(live, "_mode", lambda: "terminal")
    monkeypatch.setattr(live.LiveTraining, "_last_stop", -float("inf"))
    Solver(net, data, update_rule=Stopping(at=4 * 10 + 1), num_epochs=6, batch_size=20, print_every=10**6).train()
    assert "Stopped at step 10 of 18; what was trained and recorded is kept." in capsys.readouterr().out


def test_training_again_spoils_no_parameters_that_did_best(net, data):
    solver = Solver(net, data, num_epochs=3, batch_size=20, optim_config={"learning_rate": 0.3}, verbose=False)
    solver.train()
    best = {name: w.copy() for name, w in solver.best_params.items()}
    assert solver.best_val_acc > 0.5
    solver.update_rule = lambda w, dw, config: (np.zeros_like(w), config)      # nothing can be worse
    solver.train()
    assert all(np.array_equal(w, best[name]) for name, w in net.params.items()) and len(solver.loss_history) == 18


@pytest.mark.slow
@pytest.mark.parametrize("grading", [False, True])
def test_in_jupyter_the_curve_ends_as_one_ordinary_picture(grading, tmp_path):
    import os

    import nbformat
    from nbclient import NotebookClient

    from grader.notebook.execute import kernel_manager

    text = """
import numpy as np, visioncourse as vc
from visioncourse.classifiers import TwoLayerNet
X, y = np.random.randn(60, 6), np.arange(60) % 3
vc.Solver(TwoLayerNet(6, 9, 3), dict(X_train=X, y_train=y, X_val=X, y_val=y), num_epochs=30, batch_size=2, print_every=10**6).train()
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text)])
    env = {k: v for k, v in os.environ.items() if k != "NBGRADER_EXECUTION"} | ({"NBGRADER_EXECUTION": "autograde"} if grading else {})
    NotebookClient(notebook, km=kernel_manager(str(tmp_path)), timeout=120).execute(env=env)
    outputs = notebook.cells[0].outputs
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == (0 if grading else 1)
    assert not [o for o in outputs if o.get("name") == "stderr"]
    if not grading:
        assert pictures[0].output_type == "display_data"
        assert "step 900 of 900" in json.dumps(pictures[0].data["text/plain"])
