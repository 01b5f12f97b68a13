"""Certified optima and stability limits, on every page that shows them."""

import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import (
    LOSSES,
    Experiment,
    Run,
    RunStore,
    free_gaps,
    noise_floor,
    step_limits,
    with_distance,
)
from lossopt_core import certify as certify_in_core
from lossopt_core import train as train_in_core
from lossopt_core.theory.stability import starting_learning_rate
from lossopt_ui.jobs import optimum
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.state import names
from tests.helpers import certify, figures, go, open_one, open_page, trace, train, words

BLOBS = {"dataset": "blobs", "epochs": "30", "learning_rate": "0.2", "below": "optimum"}
RATES = BLOBS | {"below": "rates"}


def as_experiment(**changes: object) -> Experiment:
    return Experiment(dataset="blobs", epochs=30, learning_rate=0.2).replace(**changes)


def claims(app: AppTest) -> list[float]:
    """The certified gap of each run on the page."""
    [line] = re.findall(r"Within (.*?) of the optimum \(certified\)", words(app))
    return [float(each) for each in re.findall(r"(?:^|, )(\d\S*)", line)]


def level(chart: dict, start: str) -> float:
    """The height of a horizontal line, by the start of its label."""
    [note] = [each for each in chart["layout"]["annotations"] if each["text"].startswith(start)]
    return 10 ** note["y"] if chart["layout"]["yaxis"]["type"] == "log" else note["y"]


def test_a_run_shows_its_certified_gap(store: RunStore) -> None:
    app = certify(train(open_one("train", BLOBS)))
    [run], optimum = train_in_core([as_experiment()]), certify_in_core(as_experiment())
    distance = run.final["objective"] - optimum.lower_bound
    [claim] = claims(app)
    assert distance <= claim <= 1.1 * distance
    [bound] = re.findall(r"proven lower bound (\S+)\.(?:\s|$)", words(app))
    assert 0.9999 * optimum.lower_bound <= float(bound) <= optimum.lower_bound
    assert store.certificate(as_experiment()).reached


def test_its_distance_is_drawn_on_a_logarithmic_axis_with_the_noise_floor(store: RunStore) -> None:
    chart = figures(certify(train(open_one("train", BLOBS))))["distance-0"]
    [run], optimum = train_in_core([as_experiment()]), certify_in_core(as_experiment())
    expected = with_distance(run.history, optimum)["distance"]
    assert trace(chart, "upper bound")["y"] == pytest.approx(expected.tolist(), rel=1e-6)
    gaps = free_gaps(run)["gap"]
    drawn = trace(chart, "upper bound from the gradient alone")["y"]
    assert drawn == pytest.approx(gaps.tolist(), rel=1e-6)
    assert chart["layout"]["yaxis"]["type"] == "log"
    floor = noise_floor(as_experiment(), optimum)
    assert level(chart, "predicted noise floor") == pytest.approx(floor, rel=1e-6)


def test_the_optimum_is_a_line_among_the_curves(store: RunStore) -> None:
    chart = figures(certify(train(open_one("train", BLOBS))))["objective-cross_entropy"]
    [line] = [each for each in chart["data"] if each["name"].startswith("optimum")]
    assert line["y"][0] == pytest.approx(certify_in_core(as_experiment()).objective)
    [band] = [each for each in chart["layout"]["shapes"] if each["type"] == "rect"]
    assert band["y0"] <= band["y1"] == line["y"][0]


def test_stability_limits_are_shown_with_the_learning_rate(store: RunStore) -> None:
    app = certify(train(open_one("train", BLOBS)))
    app.radio(key="below").set_value("rates").run()
    experiment = as_experiment()
    known = step_limits(experiment, certify_in_core(experiment))
    [bars] = figures(app)["step-limits-0"]["data"]
    assert bars["x"] == pytest.approx([known.guaranteed, known.at_start, known.at_optimum])
    share = experiment.learning_rate / known.guaranteed
    assert (
        f"The learning rate is **{share:.2g} × the always stable limit** {known.guaranteed:.3g}"
        in words(app)
    )


def test_a_learning_rate_above_the_limit_gets_a_warning(store: RunStore) -> None:
    app = train(open_one("train", RATES | {"learning_rate": "9"}))
    assert "training may diverge or never converge" in words(app)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"loss": "hinge"}, "has kinks, so there is no limit"),
        ({"optimizer": "adam"}, "divides its updates by the size of recent gradients"),
    ],
)
def test_without_a_limit_the_page_says_what_happens_instead(
    store: RunStore, query: dict[str, str], said: str
) -> None:
    app = certify(train(open_one("train", RATES | query)))
    assert said in words(app)
    assert "step-limits-0" not in figures(app)


def test_a_loss_without_certificate_says_so(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOSSES["crammer_singer"], "domain", None)
    app = train(open_one("train", BLOBS | {"loss": "crammer_singer"}))
    assert not app.exception
    said = "There is no certificate for this loss: the dual of Crammer–Singer is unknown."
    assert said in words(app)
    assert "distance-0" not in figures(app)


@pytest.mark.parametrize("loss", ["crammer_singer", "one_vs_all"])
def test_every_loss_shows_its_certified_gap(store: RunStore, loss: str) -> None:
    app = certify(train(open_one("train", BLOBS | {"loss": loss})))
    assert not app.exception
    best = certify_in_core(as_experiment(loss=loss))
    assert f"proven lower bound {optimum.at_least(best.lower_bound)}" in words(app)
    assert "distance-0" in figures(app)


def test_during_training_the_optimum_is_not_called_unavailable() -> None:
    said = optimum.why_unknown(Experiment(), Optima({}, pending=False, asked=False))
    assert "is computed after training" in said


def test_without_a_penalty_no_gap_is_claimed(store: RunStore) -> None:
    app = certify(train(open_one("train", BLOBS | {"regularizer": "none"})))
    assert "Without a penalty the only proven lower bound is 0" in words(app)
    assert "certified" not in words(app)
    assert "distance-0" not in figures(app)


def test_a_diverged_run_claims_no_gap_and_gets_a_smaller_learning_rate(store: RunStore) -> None:
    query = BLOBS | {"loss": "squared_hinge", "learning_rate": "5"}
    app = certify(train(open_one("train", query)))
    suggested = starting_learning_rate(as_experiment(loss="squared_hinge"))
    assert f"Try {suggested:g}, or empty its field" in words(app)
    assert "certified" not in words(app)


def test_each_loss_shows_its_distance_on_its_own_axis(store: RunStore) -> None:
    query = BLOBS | {"show": "distance"}
    app = certify(train(open_one("hinge-vs-cross-entropy", query)))
    for loss in ("hinge", "cross_entropy"):
        [run] = train_in_core([as_experiment(loss=loss)])
        optimum = certify_in_core(as_experiment(loss=loss))
        chart = figures(app)[f"objective-{loss}"]
        expected = with_distance(run.history, optimum)["distance"].tolist()
        assert trace(chart, LOSSES[loss].label)["y"] == pytest.approx(expected, rel=1e-4)
        assert chart["layout"]["yaxis"]["type"] == "log"
    assert len(re.findall(r"Within \S+ of the optimum \(certified\)", words(app))) == 2


def test_losses_with_kinks_have_only_the_limit_of_the_penalty(store: RunStore) -> None:
    hinge = RATES | {"loss": "hinge", "optimizer": "gd"}

    def said(**query: str) -> str:
        return words(train(open_one("train", hinge | query)))

    assert "a constant learning rate does not diverge, but does not converge" in said(strength="0")
    below = said(strength="5", learning_rate="0.1")
    assert "a constant learning rate below 0.2 does not diverge" in below
    above = said(strength="5", learning_rate="0.4")
    assert "learning rate is **2 ×** 0.2, the value above which the penalty can make" in above


def test_gd_and_sgd_show_their_distances_with_the_predicted_floor(store: RunStore) -> None:
    app = certify(train(open_one("gd-vs-sgd", BLOBS | {"show": "distance"})))
    chart = figures(app)["objective-cross_entropy"]
    assert chart["layout"]["title"]["text"] == "Distance to the optimum: Cross-entropy"
    assert chart["layout"]["yaxis"]["type"] == "log"
    experiment = as_experiment()
    optimum = certify_in_core(experiment)
    [floor] = [each for each in chart["layout"]["shapes"] if each["line"]["dash"] == "dot"]
    assert floor["y0"] == floor["y1"] == pytest.approx(noise_floor(experiment, optimum), rel=1e-6)
    assert "Dotted: predicted noise floor of SGD with a constant learning rate." in words(app)
    runs = train_in_core([experiment.replace(optimizer="gd"), experiment])
    for run, claim in zip(runs, claims(app), strict=True):
        distance = run.final["objective"] - optimum.lower_bound
        assert distance <= claim <= 1.1 * distance
    app.selectbox(key="show").set_value("objective").run()
    title = figures(app)["objective-cross_entropy"]["layout"]["title"]["text"]
    assert title == "Objective: Cross-entropy"


@pytest.fixture
def kept(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Runs of three losses; the last has no certificate."""
    monkeypatch.setattr(LOSSES["crammer_singer"], "domain", None)
    runs = train_in_core(
        [as_experiment(), as_experiment(loss="hinge"), as_experiment(loss="crammer_singer")]
    )
    store.save(runs)
    return runs


def compare(runs: list[Run], **query: str) -> AppTest:
    return certify(open_page("compare", {"runs": ",".join(run.id for run in runs)} | query))


def curves(app: AppTest) -> dict[str, Any]:
    """The charts of curves on the page Compare."""
    return {key: chart for key, chart in figures(app).items() if key.startswith("curves-")}


def test_distances_of_saved_runs_are_compared(kept: list[Run]) -> None:
    app = compare(kept, y="distance_share")
    assert not app.exception
    chart = curves(app)["curves-all"]
    assert chart["layout"]["yaxis"]["type"] == "log"
    assert len(chart["data"]) == 2
    assert [each["y"][0] for each in chart["data"]] == [1.0, 1.0]
    said = words(app).replace(names.WORD_JOINER, "")
    assert "Left out because the optimum is unknown: Crammer" in said
    assert len(re.findall(r"within \S+ of the optimum \(certified\)", words(app))) == 2


def test_distances_of_different_losses_have_separate_axes(kept: list[Run]) -> None:
    shown = curves(compare(kept, y="distance"))
    assert set(shown) == {"curves-cross_entropy", "curves-hinge"}
    optimum = certify_in_core(as_experiment())
    [drawn] = shown["curves-cross_entropy"]["data"]
    expected = with_distance(kept[0].history, optimum)["distance"].to_numpy()
    assert np.array(drawn["y"]) == pytest.approx(expected, rel=1e-6)


def test_each_optimum_is_labelled_by_its_objective(store: RunStore) -> None:
    weak, strong = as_experiment(), as_experiment(strength=0.01)
    runs = train_in_core([weak, strong, weak.replace(seed=1)])
    store.save(runs)
    [chart] = curves(compare(runs)).values()
    said = [each["text"] for each in chart["layout"]["annotations"] if "optimum" in each["text"]]
    assert "<br>".join(said) == "<br>".join(
        f"optimum, λ {each.strength:g}: {certify_in_core(each).objective:.4g}"
        for each in (strong, weak)
    )
    [alone] = curves(compare(runs[:1])).values()
    assert any(each["text"].startswith("optimum: ") for each in alone["layout"]["annotations"])


def test_a_single_run_on_the_compare_page_shows_its_certified_gap(kept: list[Run]) -> None:
    assert "of the optimum (certified)" in words(compare(kept[:1]))


def test_the_choice_of_curves_carries_over_to_the_other_comparison(store: RunStore) -> None:
    app = open_one("gd-vs-sgd", BLOBS | {"show": "distance"})
    train(go(app, "hinge-vs-cross-entropy"))
    assert app.selectbox(key="show").value == "distance"
