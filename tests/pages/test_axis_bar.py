"""The axis bar: scales and limits of all curves on a page, kept in the address."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, Run, RunStore, train
from tests.helpers import figures, open_page, trace, words

PAGE = "inspect"


def axis(app: AppTest, figure: str, which: str) -> dict[str, object]:
    found: dict[str, object] = figures(app)[figure]["layout"][which]
    return found


@pytest.fixture
def run(store: RunStore) -> Run:
    [found] = train([Experiment(epochs=2, evaluations=6)])
    store.save([found])
    return found


def test_the_x_axis_is_that_of_all_charts(store: RunStore, run: Run) -> None:
    app = open_page(PAGE, {"work": "update", "log_x": "true"})
    for key, line in (("objective", "objective"), ("accuracy", "test")):
        assert trace(figures(app)[key], line)["x"][1:] == run.history["update"].tolist()[1:]
        assert axis(app, key, "xaxis")["type"] == "log"


def test_limits_are_typed_and_kept_in_the_address(store: RunStore, run: Run) -> None:
    app = open_page(PAGE)
    app.number_input(key="x_limits-0-1").set_value(1.5).run()
    app.number_input(key="y_limits-0-0").set_value(0.0).run()
    assert dict(app.query_params) == {"x_limits": ",1.5", "y_limits": "0,"}
    assert axis(app, "objective", "xaxis")["autorangeoptions"] == {"maxallowed": 1.5}
    assert axis(app, "accuracy", "xaxis")["autorangeoptions"] == {"maxallowed": 1.5}
    assert axis(app, "objective", "yaxis")["autorangeoptions"] == {"minallowed": 0.0}
    assert axis(app, "accuracy", "yaxis").get("range") is None
    again = open_page(PAGE, dict(app.query_params))
    assert axis(again, "objective", "yaxis")["autorangeoptions"] == {"minallowed": 0.0}
    assert again.number_input(key="x_limits-0-1").value == 1.5
    again.button(key="reset-limits").click().run()
    assert dict(again.query_params) == {}
    assert "autorangeoptions" not in axis(again, "objective", "xaxis")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("5,1", "x_limits must start below its end, got 5 to 1"),
        ("1,1", "x_limits must start below its end, got 1 to 1"),
        ("nan,", "x_limits must be finite numbers, got nan"),
        ("a,1", "x_limits must be two numbers, each of which may be empty, got ['a', '1']"),
        ("1", "x_limits must be two numbers, each of which may be empty, got ['1']"),
    ],
)
def test_other_limits_in_an_address_are_refused(
    store: RunStore, run: Run, text: str, problem: str
) -> None:
    app = open_page(PAGE, {"x_limits": text})
    assert not app.exception
    assert problem in words(app).replace("\\", "")
    assert "autorangeoptions" not in axis(app, "objective", "xaxis")


def test_typed_limits_in_the_wrong_order_are_refused(store: RunStore, run: Run) -> None:
    app = open_page(PAGE, {"x_limits": "1,"})
    app.number_input(key="x_limits-0-1").set_value(0.5).run()
    assert "x-axis limits must start below its end, got 1 to 0.5" in words(app)
    assert dict(app.query_params) == {"x_limits": "1,"}


def test_the_scale_suits_the_values_until_somebody_chooses(store: RunStore, run: Run) -> None:
    history = run.history.copy()
    app = open_page(PAGE)
    assert axis(app, "objective", "yaxis")["type"] == "linear"
    assert not app.toggle(key="log_y").value
    history["objective"] = np.geomspace(2.0, 0.01, len(history))
    store.delete([run.id])
    store.save([Run(**{**vars(run), "history": history})])
    app = open_page(PAGE)
    assert app.toggle(key="log_y").value
    assert axis(app, "objective", "yaxis")["type"] == "log"
    assert axis(app, "accuracy", "yaxis")["type"] == "linear"
    app.toggle(key="log_y").set_value(False).run()
    assert axis(app, "objective", "yaxis")["type"] == "linear"
    assert dict(app.query_params) == {"log_y": "false"}


def test_smoothing_and_outliers_are_kept_in_the_address(store: RunStore, run: Run) -> None:
    app = open_page(PAGE)
    app.number_input(key="smoothing").set_value(0.6).run()
    app.selectbox(key="smooth_with").set_value("gaussian").run()
    app.toggle(key="ignore_outliers").set_value(True).run()
    query = {"smoothing": "0.6", "smooth_with": "gaussian", "ignore_outliers": "true"}
    assert dict(app.query_params) == query
    again = open_page(PAGE, query)
    for key, line in (("objective", "objective"), ("accuracy", "test")):
        chart = figures(again)[key]
        column = "objective" if key == "objective" else "test_accuracy"
        scale = 100.0 if key == "accuracy" else 1.0
        raw = scale * run.history[column].to_numpy()
        assert trace(chart, f"{line}: raw")["y"] == pytest.approx(raw)
        assert trace(chart, line)["y"] != pytest.approx(raw)
        title = chart["layout"]["title"]["text"]
        assert "Smoothed (Gaussian 0.6), raw faint" in title
        assert "outside the range" in title
    again.button(key="reset-limits").click().run()
    assert dict(again.query_params) == {}
    assert "Smoothed" not in figures(again)["objective"]["layout"]["title"]["text"]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"smoothing": "1"}, "smoothing must be a number from 0 to 0.99, got 1.0"),
        ({"smooth_with": "mean"}, "smooth_with must be one of ema, gaussian, got 'mean'"),
        ({"ignore_outliers": "1"}, "ignore_outliers must be true or false, got '1'"),
    ],
)
def test_other_smoothing_in_an_address_is_refused(
    store: RunStore, run: Run, query: dict[str, str], problem: str
) -> None:
    app = open_page(PAGE, query)
    assert not app.exception
    assert problem in words(app)
    assert dict(app.query_params) == {}
