"""Nonsense by the thousand, as a public address gets it: taken, or refused in words, and soon.

Each kind is looked at for so many seconds, so that the suite's time stays what it is.  All of
the more than 10,000 inputs are looked at by

    LOSSOPT_FUZZ_SECONDS=600 pytest tests/test_fuzzing.py

What was ever found stays as an `@example`.
"""

import json
import os
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lossopt_core import Experiment, train, uploads
from lossopt_core.analysis.tables import (
    tidy,
    to_csv,
    to_json,
    to_parquet,
)
from lossopt_core.data.datasets import Examples
from lossopt_core.exchange import curves_of, read_log, suggest
from lossopt_core.exchange.archive import from_archive, to_archive
from lossopt_core.exchange.sharing import pack, unpack
from lossopt_core.experiment.description import FIELDS
from lossopt_core.fields import Choice
from lossopt_core.query.filters import FilterError, parse
from lossopt_ui.state import pages, url
from tests.helpers import open_page

USUAL_SECONDS = 4.0
SECONDS_A_KIND = float(os.environ.get("LOSSOPT_FUZZ_SECONDS", USUAL_SECONDS))
LONGEST = 2.0
"""Seconds of a processor that one input may take: nothing may hold the other visitors up."""


class Kind:
    """Inputs of one kind, each looked at as long as the kind's time lasts."""

    def __init__(self) -> None:
        self._left = SECONDS_A_KIND

    def look(self, check: Callable[..., None], *given: Any) -> None:
        """Check one input, which must not take too long."""
        if self._left <= 0:
            return
        start, work = time.monotonic(), time.thread_time()
        check(*given)
        self._left -= time.monotonic() - start
        assert time.thread_time() - work < LONGEST


def inputs(count: int) -> Callable[[Any], Any]:
    """At most so many, however long they take to be made; a fifth where little time is given."""
    most = count if SECONDS_A_KIND > USUAL_SECONDS else count // 5
    return settings(max_examples=most, deadline=None, suppress_health_check=[*HealthCheck])


NUMBERS = st.sampled_from(
    ["0", "-0", "1", "-1", "2", "1e-9", "1e308", "1e999", "nan", "inf", "-inf", "1_0", "٣", "0x1"]
)
NAMES = st.sampled_from(
    [name for each in FIELDS.values() if isinstance(each, Choice) for name in each.registry]
)
MARKUP = st.sampled_from(
    ["<script>alert(1)</script>", "![x](http://a/b)", "=1+1", "$\\frac{1}{0}$", ":red[x]", "\x00"]
)
TEXTS = NUMBERS | NAMES | MARKUP | st.text(max_size=30)
LISTS = st.lists(TEXTS, max_size=6).map(",".join) | st.lists(TEXTS, max_size=4).map(";".join)
ADDRESSES = st.dictionaries(st.sampled_from(sorted(pages.DECLARED)), TEXTS | LISTS, max_size=12)
addresses = Kind()


def check_address(query: dict[str, str]) -> None:
    values, problems = url.read(query)
    assert values.keys() | {each.name for each in problems} == query.keys()
    assert all(0 < len(str(each)) < 2_000 for each in problems)
    again, none = url.read(url.query_of(values))
    assert not none
    assert again.items() <= values.items()


@inputs(3_500)
@given(ADDRESSES)
def test_an_address_is_taken_or_its_bad_names_are_said(query: dict[str, str]) -> None:
    addresses.look(check_address, query)


RUNS = train([Experiment(dataset="blobs", epochs=2, seed=seed) for seed in (0, 1)])
TABLE = pd.DataFrame(
    {"loss": ["hinge", "cross_entropy"], "strength": [0.1, np.nan], "tags": [["a"], []]}
)
WORDS = 'loss strength seed tag = != < >= ( ) , and or not in is missing ~ " \\ 1e-2 90%'
FILTERS = st.lists(st.sampled_from(WORDS.split()) | TEXTS, max_size=40).map(" ".join)
filters = Kind()


def check_filter(text: str) -> None:
    mistake = None
    try:
        assert len(parse(text).matches(TABLE)) == len(TABLE)
    except FilterError as error:
        mistake = error
    assert mistake is None or (mistake.message and 0 <= mistake.position <= len(text))


@inputs(3_500)
@given(FILTERS)
@example("(" * 5_000)
@example("not " * 2_000 + "loss = hinge")
def test_a_filter_is_taken_or_its_mistake_is_shown(text: str) -> None:
    filters.look(check_filter, text)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | NAMES
ANYTHING = PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.text(max_size=8), PLAIN)
SETTINGS = st.dictionaries(
    st.sampled_from([*FIELDS, "dataset_options", "unknown"]), ANYTHING, max_size=5
)
experiments = Kind()


def check_settings(found: dict[str, Any]) -> None:
    with suppress(ValueError):
        made = Experiment.from_json(json.dumps(found))
        assert Experiment.from_json(made.to_json()) == made


@inputs(2_000)
@given(SETTINGS)
def test_settings_are_an_experiment_or_a_value_error(found: dict[str, Any]) -> None:
    experiments.look(check_settings, found)


CURVES = {
    ".csv": to_csv(tidy(RUNS)).encode(),
    ".json": to_json(tidy(RUNS)).encode(),
    ".parquet": to_parquet(tidy(RUNS)),
}
OWN = {
    ".csv": b"width,height,colour,species\n1.5,2,red,rose\n1.25,3,white,lily\n2,?,red,rose\n",
    ".tsv": b"width\tspecies\n1.5\trose\n1.25\tlily\n",
    ".parquet": to_parquet(pd.DataFrame({"width": [1.5, 2.0], "species": ["rose", "lily"]})),
    ".npz": uploads.to_bytes(
        Examples(
            features=np.arange(12.0).reshape(4, 3),
            labels=np.array([0, 1, 0, 1]),
            class_names=("a", "b"),
            feature_names=("x", "y", "z"),
        )
    ),
}
ARCHIVE, LINK = to_archive(RUNS), pack(RUNS).encode()
DAMAGES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=6)), min_size=1, max_size=4
)
Damages = list[tuple[float, int, bytes]]


def damaged(whole: bytes, damages: Damages) -> bytes:
    """The bytes with some of them replaced, each time from a place so far within."""
    for share, length, other in damages:
        place = int(share * len(whole))
        whole = whole[:place] + other + whole[place + length :]
    return whole


files, own, packed = Kind(), Kind(), Kind()


def check_curves(ending: str, damages: Damages) -> None:
    with suppress(ValueError):
        log = read_log(damaged(CURVES[ending], damages), f"x{ending}")
        curves_of(log, suggest(log))


@inputs(2_000)
@given(st.sampled_from(sorted(CURVES)), DAMAGES)
def test_a_damaged_file_is_curves_or_a_value_error(ending: str, damages: Damages) -> None:
    files.look(check_curves, ending, damages)


def check_own(ending: str, damages: Damages) -> None:
    with suppress(ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = uploads.read(damaged(OWN[ending], damages), f"x{ending}")
        if not isinstance(content, Examples):
            columns = uploads.columns_of(content)
            uploads.prepare(columns, uploads.suggest(columns))


@inputs(1_500)
@given(st.sampled_from(sorted(OWN)), DAMAGES)
def test_damaged_own_data_is_examples_or_a_value_error(ending: str, damages: Damages) -> None:
    own.look(check_own, ending, damages)


def check_packed(damages: Damages) -> None:
    with suppress(ValueError):
        from_archive(damaged(ARCHIVE, damages))
    with suppress(ValueError):
        unpack(damaged(LINK, damages).decode("latin-1"))


@inputs(1_000)
@given(DAMAGES)
def test_damaged_archives_and_links_are_runs_or_a_value_error(damages: Damages) -> None:
    packed.look(check_packed, damages)


VISITS = st.sampled_from(pages.PAGES).flatmap(
    lambda page: st.tuples(
        st.just(page.name),
        st.dictionaries(
            st.sampled_from(sorted({*page.options, *pages.EVERYWHERE, "share", "unknown"})),
            TEXTS | LISTS,
            max_size=8,
        ),
    )
)
visits = Kind()


@pytest.fixture
def small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an address asks for may be anything: it is refused here before it takes long."""
    monkeypatch.setenv("LOSSOPT_MAX_PRODUCTS", "1e7")
    monkeypatch.setenv("LOSSOPT_MAX_UPDATES", "1e4")
    monkeypatch.setenv("LOSSOPT_MAX_NUMBERS", "2e5")


def check_visit(page: str, query: dict[str, str]) -> None:
    app = open_page(page, query)
    assert not app.exception, (page, query)


@pytest.mark.usefixtures("store", "small_machine")
@inputs(200)
@given(VISITS)
def test_no_address_brings_a_traceback_to_a_page(visit: tuple[str, dict[str, str]]) -> None:
    visits.look(check_visit, *visit)
