"""The Conventions panel on every training page."""

import pytest

from lossopt_core import Experiment
from lossopt_core.analysis.tables import tidy, to_csv, to_json
from lossopt_core.analysis.text_tables import FORMATS
from lossopt_core.experiment.conventions import FULL, IN_WORDS, SHORT
from lossopt_core.training.loop import train
from lossopt_ui.experiment.conventions import table
from tests.helpers import open_one
from tests.helpers import train as press_train

PAGES = ["train", "hinge-vs-cross-entropy", "gd-vs-sgd"]
SHORT_TRAINING = {"dataset": "iris", "epochs": "1"}


def shown(app):
    [conventions] = [each.value for each in app.table if "In lossopt" in each.value.columns]
    return conventions.map(lambda words: words.replace("\\", ""))


@pytest.mark.parametrize("page", PAGES)
def test_the_panel_shows_the_penalty_both_ways(page: str, store) -> None:
    app = press_train(open_one(page, SHORT_TRAINING | {"strength": "0.25", "below": "settings"}))
    assert "λ = 0.25, not halved" in shown(app).loc["Penalty", "In lossopt"]
    app.radio(key="penalty_as").set_value("halved").run()
    assert not app.exception
    assert "λ′ = 2 λ = 0.5" in shown(app).loc["Penalty", "In lossopt"]
    assert app.query_params["penalty_as"] == "halved"


def test_conventions_that_depend_on_the_loss_name_it() -> None:
    both = [Experiment(loss=loss, dataset="breast_cancer") for loss in ("hinge", "cross_entropy")]
    rows = table(both, FULL)
    assert rows.loc["Bias", "In lossopt"] == "not penalised"
    assert (
        "LogisticRegression" in rows.loc["Same optimum in scikit-learn: Cross-entropy", "Elsewhere"]
    )
    assert "SVC" in rows.loc["Same optimum in scikit-learn: Hinge", "Elsewhere"]


def test_every_export_of_numbers_carries_the_conventions() -> None:
    runs = train([Experiment(dataset="iris", epochs=1)])
    for text in (to_csv(tidy(runs)), to_json(tidy(runs))):
        assert SHORT in text
    results = tidy(runs)[["id", "objective"]].set_index("id")
    for name, each in FORMATS.items():
        plain = each.write(results).replace("\\", "")
        assert "not halved" in plain, name
    assert "not halved" in IN_WORDS
