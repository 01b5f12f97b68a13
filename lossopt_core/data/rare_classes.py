"""Check that every class has enough examples for a stratified split."""

from collections.abc import Mapping

import numpy as np

from lossopt_core.objective.linear import Labels


def check_classes(sizes: Mapping[str, int], test_examples: int, *, validation: bool) -> None:
    """Raise ValueError if a class is too small to split; it names the class and its size.

    Splits are stratified: scikit-learn gives each class its share of `test_examples`, rounded
    down, and the remainder to the classes with the largest fractional parts.  A class needs two
    examples before each split, so three if a validation set is split off as well.
    """
    counts = np.array([*sizes.values()])
    if not validation:
        _refuse(sizes, counts, "test_fraction above 0 needs", at_least=2)
        return
    _refuse(sizes, counts, "validation needs", at_least=3)
    left = counts - _most_taken(counts, test_examples)
    _refuse(sizes, left, f"validation next to {test_examples} test examples needs", at_least=2)


def _most_taken(counts: Labels, drawn: int) -> Labels:
    """The most examples a stratified draw can take of each class; ties are broken at random."""
    shares = counts * drawn / counts.sum()
    taken = np.floor(shares)
    rest = drawn - int(taken.sum())
    if rest > 0:
        fractions = shares - taken
        taken += fractions >= np.sort(fractions)[-rest]
    most: Labels = taken.astype(np.int64)
    return most


def _refuse(sizes: Mapping[str, int], left: Labels, needs: str, *, at_least: int) -> None:
    for (name, count), rest in zip(sizes.items(), left.tolist(), strict=True):
        if rest < at_least:
            more = "" if rest == count else " more"
            have = f"{count} example" + "s" * (count != 1)
            raise ValueError(
                f"{needs} {at_least}{more} examples of every class, but class {name!r} has {have}:"
                " merge it with another class or leave it out"
            )
