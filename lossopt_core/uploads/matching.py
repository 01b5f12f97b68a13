"""The data of a known fingerprint, looked for in a file."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product

import pandas as pd

from lossopt_core.data.datasets import Examples
from lossopt_core.uploads.preparing import (
    GAPS,
    TEXTS,
    Column,
    Preparation,
    columns_of,
    prepare,
    suggest,
)
from lossopt_core.uploads.serialization import fingerprint

MOST_TRIES = 24
"""Preparations of a table that are tried."""


def matching(content: pd.DataFrame | Examples, wanted: Collection[str]) -> Examples:
    """The examples in a file, as `reading.read` gives it, that have one of these fingerprints.

    A table becomes examples only by what its columns are taken to mean, so likely meanings are
    tried.  Where none of them gives what is wanted, the examples of the likeliest.  ValueError
    where there are no examples in the file.
    """
    if isinstance(content, Examples):
        return content
    columns = columns_of(content)
    likeliest = suggest(columns)
    for how in islice(_preparations(columns, likeliest), MOST_TRIES):
        with suppress(ValueError):
            examples = prepare(columns, how).examples
            if fingerprint(examples) in wanted:
                return examples
    return prepare(columns, likeliest).examples


def _preparations(columns: Sequence[Column], likeliest: Preparation) -> Iterator[Preparation]:
    """The likeliest meaning with each treatment of gaps and texts, then those of other labels."""
    names = [column.name for column in columns]
    for label in dict.fromkeys([likeliest.label, *reversed(names)]):
        others = tuple(name for name in names if name != label)
        some = tuple(name for name in others if name in {*likeliest.features, likeliest.label})
        for features, missing, texts in product(dict.fromkeys([some, others]), GAPS, TEXTS):
            yield replace(likeliest, label=label, features=features, missing=missing, texts=texts)
