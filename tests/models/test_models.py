"""Trained networks: what each is worth on pictures it has not seen, its file and card, what is refused, and training one again."""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

import visioncourse as vc
from visioncourse import models
from visioncourse.data import scenes
from visioncourse.models import __main__ as command
from visioncourse.models import manifest, scenes_convnet, weights, words

ROOT = Path(__file__).resolve().parents[2]
NAMES = models.names()


@pytest.fixture
def shipped_elsewhere(tmp_path, monkeypatch):
    """A copy of the shipped files, from which `load` reads anew."""
    for name in NAMES:
        (tmp_path / models.card(name).file).write_bytes((manifest.FOLDER / models.card(name).file).read_bytes())
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    models._weights.cache_clear()
    yield tmp_path
    models._weights.cache_clear()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_a_network_reaches_its_bars_on_pictures_that_it_was_not_trained_on(name):
    card = models.card(name)
    values = import_module(card.module).evaluate(models.load(name))
    assert values.keys() == card.bars.keys() == card.values.keys()
    for key, bar in card.bars.items():
        assert values[key] >= bar, key
        assert values[key] == pytest.approx(card.values[key], abs=0.005), key


@pytest.mark.slow
def test_the_convnet_knows_pictures_of_another_seed_as_well():
    pictures = scenes.single(500, seed=77, split="test")
    x = torch.from_numpy(pictures.images).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        answers = vc.models.load("scenes_convnet")(x).argmax(1).numpy()
    assert (answers == pictures.labels).mean() > 0.9


@pytest.mark.slow
def test_the_convnet_is_lost_at_another_size_as_its_card_says():
    pictures = scenes.single(400, size=64, split="test")
    x, y = torch.from_numpy(pictures.images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(pictures.labels)
    assert scenes_convnet.accuracy(models.load("scenes_convnet"), x, y) == pytest.approx(1 / 3, abs=0.08)


def test_the_convnet_answers_for_a_picture_by_what_is_in_it():
    """Where the object is covered by gray, the score of its class falls further than where as much elsewhere is."""
    pictures = scenes.single(200, preset="clean", split="test")
    x = torch.from_numpy(pictures.images).permute(0, 3, 1, 2) / 255
    mask = torch.from_numpy(np.asarray(pictures.masks, dtype=bool))[:, None]
    elsewhere = mask.flip(0) & ~mask                                 # the place of another picture's object
    net, label = models.load("scenes_convnet"), torch.from_numpy(pictures.labels)[:, None]
    with torch.no_grad():
        whole, without, other = (net(torch.where(hidden, 0.5, x)).gather(1, label) for hidden in (mask & False, mask, elsewhere))
    assert (whole - without).mean() > 2 * (whole - other).mean()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_small_whole_and_in_half_precision(name):
    card = models.card(name)
    path = manifest.FOLDER / card.file
    content = path.read_bytes()
    assert len(content) == card.bytes <= 2_000_000 and hashlib.sha256(content).hexdigest() == card.sha256
    with safe_open(path, "pt") as file:
        kinds = {file.get_tensor(key).dtype for key in file.keys()}
    assert torch.float16 in kinds and not kinds & {torch.float32, torch.float64, torch.bfloat16}


def test_all_files_together_are_small_and_each_has_a_card():
    files = sorted(manifest.FOLDER.glob("*.safetensors"))
    assert sum(path.stat().st_size for path in files) <= 12_000_000
    assert [path.name for path in files] == sorted(models.card(name).file for name in NAMES)
    assert manifest.trainable() == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_complete(name):
    card, module = models.card(name), import_module(models.card(name).module)
    net = models.load(name)
    assert card.parameters == sum(p.numel() for p in net.parameters())
    assert (card.seed, card.steps) == (module.SEED, module.STEPS)
    assert card.data["presets"] == list(module.PRESETS) and card.data["pictures"] == module.PICTURES and card.data["seed"] == module.SEED
    assert all([card.about, card.leaves_out, card.machine, card.metric]) and card.seconds > 0 and card.licence == "MIT"
    assert card.bars and all(card.bars[key] < card.values[key] for key in card.bars)
    assert name in words.table([card])


def test_the_page_of_cards_is_made_from_the_manifest():
    page = (ROOT / "visioncourse" / "models" / "README.md").read_text(encoding="utf-8")
    assert page == words.page(manifest.cards().values()), "run  python -m visioncourse.models cards"


@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_ready_to_use_and_ones_own(name):
    net, another = models.load(name), vc.models.load(name)
    assert not net.training and {p.dtype for p in net.parameters()} == {torch.float32}
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
    assert any(p.abs().sum() > 0 for p in another.parameters()) and any(p.abs().sum() > 0 for p in models.load(name).parameters())


@pytest.mark.parametrize("name", NAMES)
def test_saving_what_was_loaded_gives_the_same_bytes(name):
    content = (manifest.FOLDER / models.card(name).file).read_bytes()
    assert weights.packed(models.load(name)) == weights.packed(models.load(name)) == content


def test_a_weight_that_half_precision_cannot_hold_is_not_saved():
    net = scenes_convnet.network()
    with torch.no_grad():
        net.classifier.bias[3] = 1e6
    with pytest.raises(ValueError, match=r"classifier\.bias has values that half precision cannot hold"):
        weights.packed(net)


def test_a_name_that_is_none_is_told_with_the_nearest():
    for ask in (models.load, models.card):
        with pytest.raises(ValueError, match='is one of .*did you mean "scenes_convnet"'):
            ask("scene_convnets")
    with pytest.raises(ValueError, match="name=3: name is one of"):
        models.load(3)


@pytest.mark.parametrize("device", ["tpu", "cuda:99", "meta", "", 1.5, None])
def test_a_device_that_is_not_here_is_told_with_those_that_are(device):
    with pytest.raises(ValueError, match='device=.*: this machine has "cpu"'):
        models.load("scenes_convnet", device)


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b[:5000] + bytes([b[5000] ^ 1]) + b[5001:], lambda b: b""],
                         ids=["too short", "one bit", "empty"])
def test_a_damaged_file_is_refused_with_a_cure(shipped_elsewhere, spoil, capsys):
    path = shipped_elsewhere / "scenes_convnet.safetensors"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(weights.DamagedModel, match="scenes_convnet in .* damaged: .* bytes with sha256 .* git checkout -- visioncourse"):
        models.load("scenes_convnet")
    assert command.main(["check"]) == 1
    assert "✕ the weights of scenes_convnet" in capsys.readouterr().out


def test_a_missing_file_is_refused_with_a_cure(shipped_elsewhere):
    (shipped_elsewhere / "scenes_convnet.safetensors").unlink()
    with pytest.raises(weights.DamagedModel, match=r"cannot be read from .*No such file.*install visioncourse again"):
        models.load("scenes_convnet")


def test_a_file_that_is_no_safetensors_file_is_refused_even_with_its_checksum(tmp_path):
    path = tmp_path / "some.safetensors"
    path.write_bytes(b"\x80\x04pickle")
    card = replace(models.card("scenes_convnet"), sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(weights.DamagedModel, match="is no file of weights"):
        weights.read(path, card)


def test_the_checksum_is_computed_once(shipped_elsewhere):
    models.load("scenes_convnet")
    (shipped_elsewhere / "scenes_convnet.safetensors").unlink()
    models.load("scenes_convnet")


@pytest.mark.slow
def test_a_short_training_lowers_the_loss_and_can_be_repeated():
    runs = []
    for _ in range(2):
        losses = []
        net = scenes_convnet.train(steps=16, pictures=640, tell=lambda step, steps, loss, losses=losses: losses.append(loss))
        runs.append((losses, weights.packed(net)))
    assert len(runs[0][0]) == 16 and np.mean(runs[0][0][-4:]) < np.mean(runs[0][0][:4]) - 0.1
    np.testing.assert_allclose(runs[0][0], runs[1][0], rtol=1e-3)    # several threads may add in another order
    assert not net.training


@pytest.mark.parametrize("work", [lambda: scenes_convnet.train(steps=2, pictures=128), lambda: models.load("scenes_convnet")],
                         ids=["training", "loading"])
def test_torchs_own_generator_stays_as_it_was(work):
    before = torch.get_rng_state()
    work()
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.slow
def test_the_command_trains_writes_and_prints_the_rows(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(scenes_convnet, "train", partial(scenes_convnet.train, pictures=256))
    out = tmp_path / "deep" / "made.safetensors"
    threads = torch.get_num_threads()
    try:
        assert command.main(["train", "scenes_convnet", "--steps", "3", "--out", str(out)]) == 0
    finally:
        torch.set_num_threads(threads)
    said = capsys.readouterr().out
    assert "step 3 of 3, loss" in said and f"bytes = {out.stat().st_size}" in said and hashlib.sha256(out.read_bytes()).hexdigest() in said
    assert "[scenes_convnet.values]\ndefault = 0." in said
    scenes_convnet.network().load_state_dict(weights.unpacked(out.read_bytes()))
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("arguments, told", [
    (["train", "scene_convnet"], 'did you mean "scenes_convnet"'),
    (["train", "scenes_convnet", "--out", str(manifest.FOLDER / "scenes_convnet.safetensors")], "add --replace to write over it"),
    (["train", "scenes_convnet", "--out", str(manifest.FOLDER)], "is a folder: name a file"),
    (["train", "scenes_convnet", "--device", "tpu"], 'this machine has "cpu"'),
    (["train", "scenes_convnet", "--steps", "1"], "has at least 2"),
])
def test_the_command_refuses_in_one_line_before_it_trains(arguments, told, capsys, monkeypatch):
    monkeypatch.setattr(scenes_convnet, "train", None)
    threads = torch.get_num_threads()
    try:
        assert command.main(arguments) == 1
    finally:
        torch.set_num_threads(threads)
    captured = capsys.readouterr()
    assert told in captured.err and captured.err.count("\n") == 1 and not captured.out


def test_the_command_lists_every_network(capsys):
    assert command.main(["list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in NAMES) and "MB" in said


@pytest.mark.slow
def test_the_shipped_networks_pass_the_check(capsys):
    assert command.main(["check"]) == 0
    assert capsys.readouterr().out.count("✓") == len(NAMES)


def test_neither_the_package_nor_the_names_of_its_networks_load_torch():
    code = "import visioncourse as vc, sys; vc.models.names(); print(sorted({'torch', 'safetensors', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[]\n"


def test_what_a_lesson_depends_on_includes_weights_and_architecture():
    from grader.lesson import modules

    found = {path.name for path in modules.course_files(["net = vc.models.load('scenes_convnet')"])}
    assert {"scenes_convnet.safetensors", "scenes_convnet.py", "manifest.toml", "painter.py"} <= found
    assert not any("models" in path.parts for path in modules.course_files(["vc.data.load('scenes')"]))


@pytest.mark.slow
def test_students_get_the_networks(built):
    done = built.run("-m", "grader", "bundle", "build/students.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(built.root / "build" / "students.zip") as archive:
        for name in NAMES:
            inside = archive.read(f"see-for-yourself/visioncourse/models/{models.card(name).file}")
            assert hashlib.sha256(inside).hexdigest() == models.card(name).sha256
        assert "safetensors==" in archive.read("see-for-yourself/requirements.txt").decode()
