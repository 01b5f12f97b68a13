"""Smoothing and outliers on the charts of the Compare page and of the training pages."""

import numpy as np
import pytest

from lossopt_core import Experiment, Run, RunStore
from lossopt_core import train as train_runs
from tests.experiments import TINY
from tests.helpers import figures, open_one, open_page, trace, train

SMOOTH = {"smoothing": "0.9", "smooth_with": "gaussian", "ignore_outliers": "true"}


def test_curves_of_several_losses_are_smoothed_and_results_are_not(kept: list[Run]) -> None:
    raw, app = (
        open_page("compare", {"runs": "all", "y": "objective"} | more) for more in ({}, SMOOTH)
    )
    assert not app.exception
    charts = figures(app)
    assert {"curves-hinge", "curves-cross_entropy"} <= set(charts)
    for key in ("curves-hinge", "curves-cross_entropy"):
        assert "Smoothed (Gaussian 0.9), raw faint" in charts[key]["layout"]["title"]["text"]
        for before in figures(raw)[key]["data"]:
            after = trace(charts[key], before["name"])
            assert after["y"] != pytest.approx(before["y"])
            assert trace(charts[key], f"{before['name']}: raw")["y"] == pytest.approx(before["y"])
    assert figures(app)["forest"]["data"] == figures(raw)["forest"]["data"]
    for one, other in zip(app.dataframe, raw.dataframe, strict=True):
        # Certificates may come between the two.
        late = {"Optimum", "Distance to optimum"} & {*one.value.columns}
        first, second = (each.value.astype(str).drop(columns=late) for each in (one, other))
        assert first.equals(second)


def test_differences_from_the_baseline_are_smoothed_too(kept: list[Run]) -> None:
    query = {"runs": "all", "rows": "runs", "y": "test_accuracy", "delta": "true"}
    app = open_page("compare", query | {"smoothing": "0.9", "baseline": kept[0].id})
    chart = figures(app)["curves-all"]
    assert "Smoothed (EMA 0.9), raw faint" in chart["layout"]["title"]["text"]
    for line in chart["data"]:
        if not line["name"].endswith(": raw"):
            behind = trace(chart, f"{line['name']}: raw")
            assert np.ptp(line["y"]) < np.ptp(behind["y"])


def test_small_multiples_share_the_range_without_outliers(kept: list[Run]) -> None:
    query = {"runs": "all", "y": "test_accuracy", "facet": "learning_rate"}
    app = open_page("compare", query | {"ignore_outliers": "true"})
    charts = [each for key, each in figures(app).items() if key.startswith("curves")]
    lines = [line for each in charts for line in each["data"]]
    first, third = np.quantile(np.concatenate([line["y"] for line in lines]), [0.25, 0.75])
    ranges = {tuple(each["layout"]["yaxis"]["range"]) for each in charts}
    [(low, high)] = ranges
    assert low >= first - 1.5 * (third - first) - 0.05 * (high - low)
    out = sum(int((np.array(line["y"]) < low).sum()) for line in lines)
    said = [each["layout"]["title"]["text"] for each in charts]
    assert out > 0
    assert sum(int(each.split(">")[-2].split(" ")[0].replace("no", "0")) for each in said) == out


def test_small_multiples_share_the_range_of_each_loss(store: RunStore) -> None:
    base = Experiment(dataset="iris", evaluations=4)
    runs = train_runs(
        [
            base.replace(loss=loss, learning_rate=rate, epochs=2)
            for loss in ("hinge", "cross_entropy")
            for rate in (0.001, 0.1)
        ]
    )
    store.save(runs)
    app = open_page("compare", {"runs": "all", "y": "objective", "facet": "learning_rate"})
    charts = [each for key, each in figures(app).items() if key.startswith("curves")]
    assert len(charts) == 4
    for loss in ("Hinge", "Cross-entropy"):
        mine = [each for each in charts if loss in each["layout"]["title"]["text"]]
        values = [y for each in mine for y in each["data"][0]["y"]]
        room = 0.05 * (max(values) - min(values))
        ends = [each["layout"]["yaxis"]["range"] for each in mine]
        assert ends == [pytest.approx([min(values) - room, max(values) + room])] * 2


def test_the_names_of_ten_groups_need_no_scrolling(store: RunStore) -> None:
    strengths = [0.1, 0.2, 0.3, 0.4, 0.5]
    many = [TINY.replace(loss=loss, strength=each)
            for loss in ("hinge", "squared_hinge") for each in strengths]  # fmt: skip
    few = many[:2]
    plots = []
    for chosen in (few, many):
        store.save(train_runs(chosen))
        shown = figures(open_page("compare", {"runs": "all", "y": "train_accuracy"}))
        [chart] = [each for key, each in shown.items() if key.startswith("curves")]
        names = [line["name"] for line in chart["data"] if line.get("showlegend", True)]
        assert len(names) >= len(chosen)
        below = chart["layout"]["legend"]["maxheight"]
        assert below >= 36 * len(names), "two lines of each name"
        plots.append(chart["layout"]["height"] - below)
    assert plots[0] == plots[1] >= 300, "more names take nothing from the curves"


def test_a_training_page_smooths_its_curves(store: RunStore) -> None:
    app = train(open_one("train", {"epochs": "2", **SMOOTH}))
    for key in ("objective-cross_entropy", "accuracy"):
        chart = figures(app)[key]
        assert "Smoothed (Gaussian 0.9), raw faint" in chart["layout"]["title"]["text"]
        assert "outside the range" in chart["layout"]["title"]["text"]
        assert any(line["name"].endswith(": raw") for line in chart["data"])
    assert dict(app.query_params).items() >= SMOOTH.items()
