"""Every cache knows whose data it holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import source as source_files
from tests.architecture.source import PLACES, end_of, named, sources, tree_of

# Module and function: why nobody's data can follow from what it caches.
CACHED_FOR_ALL = {
    "lossopt_core/query/filters.py:_parser": "a grammar",
    "lossopt_core/query/vocabulary.py:_choice": "labels of settings' values, which everybody sees",
    "lossopt_ui/jobs/defaults.py:defaults": "whether runs on a public data set are trained",
    "lossopt_ui/jobs/pool.py:_executor": "processes, which keep nothing",
    "lossopt_core/data/datasets/digits.py:_digits": "a public data set",
    "lossopt_core/training/time_estimate.py:_measured_timing": "seconds on random examples",
    "lossopt_core/lecture/two_weights.py:data": "points of the lecture",
    "lossopt_core/lecture/two_weights.py:path": "points of the lecture",
    "lossopt_core/objective/losses/scores.py:ones": "ones",
    "lossopt_core/plugins/registry.py:_plugins": "names of installed packages",
    "lossopt_core/analysis/paired_inference.py:_subsets": "subsets of so many pairs",
    "lossopt_core/analysis/paired_inference.py:_weightings": "random weights of so many pairs",
    "lossopt_core/store/connections.py:shared": "connections to a database",
    "lossopt_core/store/rows.py:describe": "settings, for who has their text",
    "lossopt_core/training/record.py:environment": "versions",
    "lossopt_ui/identity/file_contents.py:_held": "uploads, by ids that nobody can guess",
    "lossopt_ui/app/addresses.py:_names_of_machine": "names of the server",
    "lossopt_ui/config/settings.py:_settings": "settings of the server",
    "lossopt_ui/config/sources.py:_read_once": "settings of the server",
    "lossopt_ui/jobs/optimum.py:_certifier": "a worker; what it knows has owners",
    "lossopt_ui/jobs/polling.py:_pace": "seconds between two looks",
    "lossopt_ui/jobs/watching.py:_farewell": "ends with the session",
    "lossopt_ui/jobs/watching.py:_workers": "workers",
    "lossopt_ui/lecture/batches.py:_draws": "the lecture's, on digits",
    "lossopt_ui/lecture/level_sets.py:_path": "points of the lecture",
    "lossopt_ui/lecture/level_sets.py:_surface": "points of the lecture",
    "lossopt_ui/lecture/numeric_gradient.py:_errors": "the lecture's, on digits",
    "lossopt_ui/lecture/on_digits.py:weights": "the lecture's, on digits",
    "lossopt_ui/lecture/searches.py:_search": "the lecture's, on digits",
    "lossopt_ui/lecture/steps.py:_ladder": "the lecture's, on digits",
    "lossopt_ui/playground/arena.py:_sets": "the playground's own points",
    "lossopt_ui/lecture/training_log.py:_train": "the lecture's, on the spiral",
}


CACHES = {"lru_cache", "cache", "cache_data", "cache_resource", "cached", "cachedmethod"}


# Tables that modules fill while the program runs.
FILLED = {
    "lossopt_core/experiment/caches.py:_ALL": "the caches themselves",
    "lossopt_ui/figures/recipes.py:_known": "digests, which end with what they are of",
}


CONTAINERS = {"dict", "OrderedDict", "defaultdict", "WeakKeyDictionary", "WeakValueDictionary",
              "WeakSet", "LRUCache", "TTLCache", "set", "list"}  # fmt: skip


def cached_in(file: Path) -> Iterator[str]:
    """Functions of a file with a cache that does not know whose data it is about."""
    ours = {
        alias.asname or alias.name
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ImportFrom) and node.module == "lossopt_ui.figures.caching"
        for alias in node.names
    }
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if any(end_of(each) in CACHES - ours for each in node.decorator_list):
                yield f"{named(file)}:{node.name}"
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and end_of(node.value) in CACHES - ours
        ):
            yield f"{named(file)}:{ast.unparse(node.targets[0])}"


def filled_in(file: Path) -> Iterator[str]:
    """Tables of a module that begin empty, to be filled while the program runs."""
    for node in tree_of(file).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        value = node.value
        empty_call = isinstance(value, ast.Call) and end_of(value) in CONTAINERS and not value.args
        if empty_call or ast.unparse(value) in {"{}", "[]"}:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield f"{named(file)}:{ast.unparse(target)}"


def test_caches_know_whose_data_they_are_about():
    """A new cache is `caching.cached`, `cached_by_data` or a `Cache`: each entry has an owner.

    Whatever else stays in memory is listed here, with the reason why it tells nothing of
    anybody's data.
    """
    found = {each for place in PLACES for file in sources(place) for each in cached_in(file)}
    assert not found - CACHED_FOR_ALL.keys()
    filled = {each for place in PLACES for file in sources(place) for each in filled_in(file)}
    assert not filled - FILLED.keys()


def test_every_argument_is_part_of_a_caches_key():
    """Streamlit leaves arguments that begin with _ out of its keys; ours has no such hole."""
    for place in PLACES:
        for file in sources(place):
            for node in ast.walk(tree_of(file)):
                if not isinstance(node, ast.FunctionDef):
                    continue
                if {end_of(each) for each in node.decorator_list} & {"cache_data"}:
                    names = [each.arg for each in node.args.args]
                    assert not [each for each in names if each.startswith("_")], named(file)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import streamlit as st\n@st.cache_data(max_entries=2)\ndef f(x): ...", ["f"]),
        ("from functools import cache\n@cache\ndef f(): ...", ["f"]),
        ("from functools import lru_cache\nf = lru_cache(maxsize=3)(g)", ["f"]),
        ("from cachetools import cached\n@cached({})\ndef f(): ...", ["f"]),
        ("from lossopt_ui.figures.caching import cached\n@cached(3)\ndef f(x): ...", []),
    ],
)
def test_such_caches_are_found(tmp_path, monkeypatch, source, found):
    file = tmp_path / "module.py"
    file.write_text(source)
    monkeypatch.setattr(source_files, "ROOT", tmp_path)
    assert list(cached_in(file)) == [f"module.py:{each}" for each in found]
