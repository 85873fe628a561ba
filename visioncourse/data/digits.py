"""Handwritten digits that come with scikit-learn: 1,797 images of 8×8 pixels."""

import numpy as np

SIZE = 8


def splits(train: int | None, val: int, test: int, seed: int) -> tuple[np.ndarray, ...]:
    """X_train, y_train, X_val, y_val, X_test, y_test in an order shuffled by seed; test is taken from the far end."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    images = np.rint(X.reshape(-1, SIZE, SIZE, 1) * (255 / 16)).astype(np.uint8)
    total = len(y)
    if train is None:
        train = max(total - val - test, 1)
    if train + val + test > total:
        raise ValueError(f"train={train:,}, val={val:,}, test={test:,}: digits has {total:,} images for all three together")
    order = np.random.default_rng(seed).permutation(total)
    rows = order[:train], order[train:train + val], order[total - test:]
    return tuple(part for chosen in rows for part in (images[chosen], y[chosen].astype(np.int64)))


def classes() -> tuple[str, ...]:
    return tuple("0123456789")
