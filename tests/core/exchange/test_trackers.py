"""Files of trackers and libraries whose form only their writers know."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lossopt_core.exchange.arrangements import read_log
from lossopt_core.exchange.bringing import read_curves, together
from lossopt_core.exchange.curves import curves_of
from lossopt_core.exchange.describing import describe_curves
from lossopt_core.exchange.meaning import SCALES, suggest
from lossopt_core.exchange.metric_names import measure_of
from lossopt_core.files.description import DescribedRun
from tests.core.files.making import events

STEPS = [0, 1, 2]
LOSSES = [1.5, 1.0, 0.5]


def run_of(text: str | bytes, name: str = "log") -> DescribedRun:
    data = text.encode() if isinstance(text, str) else text
    [run] = describe_curves(data, name).runs
    return run


FILES = {
    "mlflow": "".join(f"170000000{k}000 {loss} {k}\n" for k, loss in enumerate(LOSSES)),
    "neptune.csv": "".join(f"{k}.0,170000000{k}000,{loss}\n" for k, loss in enumerate(LOSSES)),
    "series.csv": ",0\n" + "".join(f"{k},{loss}\n" for k, loss in enumerate(LOSSES)),
    "history.json": json.dumps(
        {"epoch": STEPS, "history": {"loss": LOSSES}, "params": {"epochs": 3}}
    ),
    "run-a_train-tag-epoch_loss.csv": "Wall time,Step,Value\n"
    + "".join(f"1.7e9,{k},{loss}\n" for k, loss in enumerate(LOSSES)),
    "events": events([(k, "loss", loss) for k, loss in enumerate(LOSSES)]),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_losses_in_the_forms_of_several_programs(name: str) -> None:
    run = run_of(FILES[name], name)
    assert (run.points, run.steps) == (3, (0, 2))
    assert run.metrics["train_loss"] == (1.5, 0.5)


def test_a_list_of_numbers_is_a_curve() -> None:
    run = run_of(json.dumps(LOSSES), "loss_curve.json")
    assert (run.points, run.metrics["train_loss"]) == (3, (1.5, 0.5))


def test_training_and_validation_that_keras_logs_as_two_runs_are_one_curve() -> None:
    text = FILES["run-a_train-tag-epoch_loss.csv"].encode()
    for train, validation in (("a_train", "a_validation"), ("train", "validation")):
        names = [f"run-{part}-tag-epoch_loss.csv" for part in (train, validation)]
        [curve] = together([read_curves(text, name) for name in names])
        assert {*curve.history} == {"update", "objective", "test_loss"}


def test_long_tags_of_event_files_are_never_merged() -> None:
    tags = [f"{'x' * 200}/loss {k}" for k in range(3)]
    found = describe_curves(events([(k, tag, 1.0) for tag in tags for k in STEPS]), "events")
    assert len(found.runs[0].metrics) == 3


@pytest.mark.parametrize(
    "written", ["nan", "NaN", "-nan", "inf", "1e999", "-1.#IND", "1.#QNAN", "1.#INF"]
)
def test_a_loss_that_ends_as_no_number_has_diverged_however_that_is_written(written: str) -> None:
    assert run_of(f"step,loss\n0,2\n10,1\n20,{written}\n30,{written}\n").diverged


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", [{"loss": LOSSES}, [1.0, 2.0], {1.5}])
def test_pickles_of_every_protocol_are_refused_in_those_words(protocol: int, value: object) -> None:
    with pytest.raises(ValueError, match="a pickle, which is never opened"):
        describe_curves(pickle.dumps(value, protocol), "history")


@pytest.mark.parametrize(
    ("name", "what", "split"),
    [
        ("train top1 err", "error", "train"),
        ("test_top1_error", "error", "test"),
        ("top1_acc", "accuracy", ""),
        ("validate_loss", "loss", "validation"),
        ("vld_loss", "loss", "validation"),
        ("pérdida", "loss", ""),
        ("exactitud", "accuracy", ""),
        ("Val-Verlust", "loss", "validation"),
        ("history val_loss", "loss", "validation"),
        ("logs/train_loss", "loss", "train"),
        ("accuracy", "accuracy", ""),
    ],
)
def test_names_are_understood_in_other_words_and_languages(
    name: str, what: str, split: str
) -> None:
    measure = measure_of(name)
    assert (measure.what, measure.split, measure.partial) == (what, split, False)


def test_a_name_that_contradicts_the_scale_is_said() -> None:
    found = describe_curves(b"epoch,acc (%)\n1,0.5\n2,0.9\n", "log.csv")
    assert "although its name says per cent" in " ".join(found.said)


@given(
    name=st.sampled_from(["accuracy", "acc (%)", "val_acc", "error", "top1_err %"]),
    values=st.lists(st.floats(0, 1), min_size=2, max_size=6),
    scale=st.sampled_from([*SCALES]),
    wrong=st.booleans(),
)
def test_a_chosen_scale_holds_whatever_name_and_values_say(
    name: str, values: list[float], scale: str, wrong: bool
) -> None:
    text = "".join(f"{k},{value}\n" for k, value in enumerate(values))
    log = read_log(f"epoch,{name}\n{text}".encode(), "log.csv")
    errors = frozenset({name} if wrong else ())
    meaning = replace(suggest(log), scales={name: scale}, errors=errors)
    made = curves_of(log, meaning)
    [accuracy] = {*made.runs[0].history.columns} & {"train_accuracy", "test_accuracy"}
    shares = np.array(values) / SCALES[scale]
    expected = 1 - shares if wrong else shares
    assert_allclose(made.runs[0].history[accuracy], expected, atol=1e-12)
    assert "as chosen" in " ".join(made.said)
    assert "although" not in " ".join(made.said)
    assert ("1 − error" in " ".join(made.said)) == wrong


def test_values_beyond_a_chosen_scale_are_refused_with_their_row() -> None:
    log = read_log(b"epoch,acc\n1,0.5\n2,70\n", "log.csv")
    with pytest.raises(ValueError, match="row 3, column acc: accuracies must be 0 to 1, as chosen"):
        curves_of(log, replace(suggest(log), scales={"acc": "share"}))
