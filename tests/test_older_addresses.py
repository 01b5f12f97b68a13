"""Addresses and a store of version 0.1 open to the same experiments and runs.

`older/addresses.json` was recorded before the modules moved: what each address set, and which runs
its page trained.  `older/runs.sql` is a store of the same code, as SQL.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lossopt_core import (
    DATASETS,
    FIELDS,
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    Experiment,
    RunStore,
)
from lossopt_core.analysis.tuned_sweep import are_tuning
from lossopt_core.theory.stability import starting_learning_rate
from lossopt_ui.state import pages, url
from tests.helpers import open_page, train, words

OLDER = Path(__file__).parent / "older"
RECORDED = json.loads((OLDER / "addresses.json").read_text(encoding="utf-8"))
ADDRESSES: list[dict[str, Any]] = RECORDED["addresses"]
PAGES_THAT_TRAIN = ("train", "hinge-vs-cross-entropy", "gd-vs-sgd", "sweep")
SINCE = ("start", "hand-ins")
"""Pages without settings then."""
TRAINING = [each for each in ADDRESSES if each["page"] in PAGES_THAT_TRAIN]
OF_RUNS = [each for each in ADDRESSES if each not in TRAINING]


def called(address: dict[str, Any]) -> str:
    return f"{address['page']}?{'&'.join(f'{n}={v}' for n, v in address['query'].items())}"


def as_recorded(values: dict[str, Any]) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads(json.dumps(values))
    return recorded


def first_of_each(addresses: list[dict[str, Any]], *of_pages: str) -> list[Any]:
    """The first address of each of these pages; all others where there is time."""
    found, left = [], {*of_pages}
    for each in addresses:
        marks = [] if each["page"] in left else [pytest.mark.slow]
        left -= {each["page"]}
        found.append(pytest.param(each, id=called(each), marks=marks))
    return found


def test_many_addresses_of_all_pages_are_recorded() -> None:
    assert len(ADDRESSES) >= 60
    assert {each["page"] for each in ADDRESSES} >= {
        page.name for page in pages.PAGES if page.options and page.name not in SINCE
    }
    for setting, registry in {
        "dataset": DATASETS, "loss": LOSSES, "regularizer": REGULARIZERS, "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
    }.items():  # fmt: skip
        recorded = {each["query"].get(setting) for each in ADDRESSES}
        assert recorded >= {*registry} - {"own"}, f"with every {registry.kind}"


@pytest.mark.parametrize("address", ADDRESSES, ids=called)
def test_an_address_sets_what_it_set(address: dict[str, Any]) -> None:
    values, problems = url.read(address["query"])
    assert problems == []
    assert as_recorded(values) == address["values"]


@pytest.mark.parametrize(
    "address", [each for each in ADDRESSES if each["page"] == "train"], ids=called
)
def test_an_address_stands_for_the_same_experiment(address: dict[str, Any]) -> None:
    values = address["values"]
    settings = {name: values[name] for name in FIELDS if name in values}
    prefix = f"{values.get('dataset', 'digits')}."
    options = {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}
    experiment = Experiment(**settings, dataset_options=options)
    if "learning_rate" not in values:
        experiment = experiment.replace(learning_rate=starting_learning_rate(experiment))
    assert [experiment.id] == address["ids"]


@pytest.mark.parametrize("address", first_of_each(TRAINING, *PAGES_THAT_TRAIN))
def test_a_page_trains_the_same_runs(address: dict[str, Any], store: RunStore) -> None:
    app = train(open_page(address["page"], {"seeds": "1"} | address["query"]))
    assert not app.exception
    table = store.list()
    table = table[~are_tuning(table)]
    found = list(store.experiments(table["id"]).values())
    if address["page"] == "sweep" and "learning_rate" not in address["values"].get("axes", ""):
        # Each combination has its own rate since; of each there are as many runs.
        assert len(found) == len(address["ids"])
        assert table["learning_rate"].nunique() > 1
    elif "learning_rate" not in address["query"] and address["page"] != "sweep":
        # They had the starting learning rate of theory, and have the tuned one now.
        starting = [starting_learning_rate(each) for each in found]
        alike = [each.replace(learning_rate=min(starting)) for each in found]
        own = [each.replace(learning_rate=rate) for each, rate in zip(found, starting, strict=True)]
        ids = {each.id for each in (*alike, *own)}
        assert set(address["ids"]) <= ids, words(app)
        assert len(found) == len(address["ids"])
    else:
        assert sorted(each.id for each in found) == address["ids"]


@pytest.fixture
def older_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """A store as version 0.1 has left it."""
    file = tmp_path / "runs.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript((OLDER / "runs.sql").read_text(encoding="utf-8"))
    monkeypatch.setenv("LOSSOPT_STORE", f"sqlite:///{file}")
    return RunStore()


def test_an_older_store_has_the_same_runs(older_store: RunStore) -> None:
    listing, recorded = older_store.listing(), RECORDED["runs"]
    assert list(listing.unreadable) == []
    table = listing.runs
    assert list(table["id"]) == [each["id"] for each in recorded]
    for run, each in zip(older_store.load(table["id"]), recorded, strict=True):
        assert run.id == each["id"]
        assert run.experiment == Experiment.from_json(each["settings"])
        assert run.status == each["status"]
        assert run.final["objective"] == pytest.approx(each["objective"], rel=1e-12, nan_ok=True)
    assert older_store.missing([Experiment.from_json(each["settings"]) for each in recorded]) == []


def test_an_older_store_has_what_people_said_and_what_was_proved(older_store: RunStore) -> None:
    first = older_store.list().iloc[0]
    assert (first["name"], first["note"], first["pinned"]) == ("the first", "kept", True)
    assert set(first["tags"]) == {"old", "hinge"}
    assert older_store.views() == {"mine": "loss=hinge"}
    [run] = older_store.load([first["id"]])
    certificate = older_store.certificate(run.experiment)
    assert certificate is not None
    assert certificate.reached
    assert certificate.lower_bound <= run.final["objective"]


@pytest.mark.parametrize("address", first_of_each(OF_RUNS, "compare"))
def test_a_page_finds_the_runs_of_an_older_store(
    address: dict[str, Any], older_store: RunStore
) -> None:
    app = open_page(address["page"], address["query"])
    assert not app.exception
    said = words(app)
    assert "In the address:" not in said
    assert "not saved here" not in said
    assert "Runs cannot be saved or loaded" not in said
