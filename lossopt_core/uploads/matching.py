"""Finding the data with a known fingerprint in a file."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product

from lossopt_core.data.datasets import Examples
from lossopt_core.files.columns import Column
from lossopt_core.files.sheet import Sheet
from lossopt_core.uploads.preparing import (
    MISSING_VALUES,
    TEXT_COLUMNS,
    Preparation,
    columns_of,
    prepare,
    suggest,
)
from lossopt_core.uploads.serialization import fingerprint

MAX_TRIES = 48
"""Maximum number of preparations to try."""


def matching(content: Sheet | Examples, wanted: Collection[str]) -> Examples:
    """The examples with one of these fingerprints in a file read by `reading.read`.

    How a table becomes examples depends on the roles of its columns, so likely roles are tried.
    If none matches, the result uses the likeliest roles.  ValueError if the file has no examples.
    """
    if isinstance(content, Examples):
        return content
    columns = columns_of(content)
    likeliest = suggest(columns)
    for how in islice(_preparations(columns, likeliest), MAX_TRIES):
        with suppress(ValueError):
            examples = prepare(columns, how).examples
            if fingerprint(examples) in wanted:
                return examples
    return prepare(columns, likeliest).examples


def _preparations(columns: Sequence[Column], likeliest: Preparation) -> Iterator[Preparation]:
    """The likeliest preparation with all treatments of missing values and text, then others."""
    names = [column.name for column in columns]
    for label in dict.fromkeys([likeliest.label, *reversed(names)]):
        others = tuple(name for name in names if name != label)
        some = tuple(name for name in others if name in {*likeliest.features, likeliest.label})
        for features, missing, texts in product(
            dict.fromkeys([some, others]), MISSING_VALUES, TEXT_COLUMNS
        ):
            yield replace(likeliest, label=label, features=features, missing=missing, texts=texts)
