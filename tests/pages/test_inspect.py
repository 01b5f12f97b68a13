"""The page Inside a run."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import (
    LOSSES,
    Experiment,
    RunStore,
    load_data,
    train,
)
from lossopt_core.inspect.diagnostics import examples_by_loss
from lossopt_core.inspect.example import one_example
from lossopt_core.training.path import WeightPath
from tests.helpers import click_mark, figures, open_page, trace, words

PAGE = "inspect"
HINGE = Experiment(epochs=2, evaluations=6, loss="hinge")


@pytest.fixture
def run(store: RunStore):
    [run] = train([HINGE])
    store.save([run])
    return run


def slider(app: AppTest) -> dict:
    [element] = [each for each in app.get("bidi_component") if each.key == "moment"]
    return json.loads(element.proto.json)


def table(app: AppTest, column: str):
    [found] = [each.value for each in app.dataframe if column in each.value.columns]
    return found


def test_without_runs_the_page_shows_instructions(store: RunStore):
    app = open_page(PAGE)
    assert not app.exception
    assert "No saved runs yet" in words(app)


def test_the_newest_run_is_shown_at_its_last_point(store: RunStore, run):
    app = open_page(PAGE)
    assert not app.exception
    assert slider(app)["tick"] == len(run.path_updates) - 1
    data = load_data(HINGE)
    worst = examples_by_loss(run, data, "train").iloc[0]
    assert f"Row {worst['row']:.0f}: true class {data.class_names[int(worst['true'])]}" in words(
        app
    )
    assert {"objective", "portrait", "confusion", "losses", "sheet", "its-losses"} <= set(
        figures(app)
    )


def test_an_address_names_run_point_and_example(store: RunStore, run):
    update = int(run.path_updates[2])
    query = {"run": run.id, "at_update": str(update), "row": "7", "examples_of": "test"}
    app = open_page(PAGE, query)
    assert not app.exception
    assert slider(app)["tick"] == 2
    data, path = load_data(HINGE), WeightPath.of(run)
    one = one_example(HINGE, path.stacked[2], data.test_features[7], int(data.test_labels[7]))
    assert table(app, "score")["score"].tolist() == pytest.approx(one.classes["score"].tolist())
    losses = table(app, "value")
    assert losses["value"].tolist() == pytest.approx([one.losses[name] for name in LOSSES])
    over = figures(app)["its-losses"]
    assert trace(over, "Hinge")["y"][2] == pytest.approx(one.losses["hinge"])


def test_a_click_or_the_select_box_chooses_an_example(store: RunStore, run):
    app = open_page(PAGE, {"run": run.id})
    sheet = figures(app)["sheet"]["data"][0]
    row = int(np.nanmax(sheet["customdata"]))
    click_mark(app, "sheet", float(row))
    assert not app.exception
    assert f"Row {row}: true class" in words(app)
    box = app.selectbox(key="inside.row")
    assert box.value == row
    box.set_value(int(np.nanmin(sheet["customdata"]))).run()
    assert f"Row {int(np.nanmin(sheet['customdata']))}: true class" in words(app)


def test_values_from_the_browser_are_validated(store: RunStore, run):
    app = open_page(PAGE, {"run": run.id})
    for content in (10**9, "x", None, -5, [1]):
        click_mark(app, "sheet", content)
        assert not app.exception


def test_active_examples_have_a_nonzero_gradient(store: RunStore, run):
    app = open_page(PAGE, {"run": run.id, "inside": "support"})
    assert not app.exception
    data = load_data(HINGE)
    scores = run.weights @ data.train_features.T + run.bias[:, None]
    pulls = LOSSES["hinge"]().gradient(scores, data.train_labels).any(axis=0)
    assert f"{pulls.sum():,} of {len(pulls):,}" in words(app)
    shares = figures(app)["silent"]
    assert trace(shares, "Hinge")["y"][-1] == pytest.approx(100 * (1 - pulls.mean()))
    assert set(trace(shares, "Cross-entropy")["y"]) == {0.0}


def test_the_gradient_check_gives_the_verdict_of_the_course(store: RunStore, run):
    app = open_page(PAGE, {"run": run.id, "inside": "gradient"})
    assert not app.exception
    assert "At most 1e-7: good. 650 entries, 1,347 training examples" in words(app).replace(
        "**", ""
    )
    assert table(app, "entries")["entries"].sum() == 650
    coarse = open_page(PAGE, {"run": run.id, "inside": "gradient", "h": "0.1"})
    assert "entries with a kink" in words(coarse)


def test_an_unknown_run_is_reported(store: RunStore, run):
    app = open_page(PAGE, {"run": "0123456789abcdef"})
    assert not app.exception
    assert "Run 0123456789abcdef is not saved here" in words(app)


@pytest.mark.parametrize("dataset", ["blobs", "iris", "course_demo"])
@pytest.mark.parametrize("look", ["examples", "support", "gradient"])
def test_data_without_images_are_shown_in_tables(store: RunStore, dataset: str, look: str):
    share = {"test_fraction": 0.0} if dataset == "course_demo" else {}
    experiment = Experiment(dataset=dataset, epochs=2, batch_size=3, **share)
    store.save(train([experiment]))
    app = open_page(PAGE, {"run": experiment.id, "inside": look})
    assert not app.exception
    assert "portrait" in figures(app)
