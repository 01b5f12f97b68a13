"""Lines that programs print while they train are read by the names of their numbers."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core.exchange.bringing import kind_of
from lossopt_core.exchange.describing import describe_curves
from lossopt_core.files.choices import Choices
from lossopt_core.files.description import CURVES, DATA

STEPS = range(1, 5)
FORMS = {
    "keras": "Epoch {k}/9\n\r 1/32 [..] - ETA: 1s - loss: 9.5\r32/32 [==] - 1s 3ms/step"
             " - loss: {a} - accuracy: {c} - val_loss: {b}",
    "dashes": "Epoch {k}/9 - loss: {a} - acc: {p}% - val_loss: {b}",
    "logger": "2024-01-01 10:00:0{k},123 INFO train: epoch={k} train_loss={a} acc={c} val_loss={b}",
    "words": "epoch {k}: train loss {a}, train acc {c}, val loss {b}",
    "dict": "{{'loss': {a}, 'acc': {c}, 'val_loss': {b}, 'epoch': {k}}}",
    "bar": "\rEpoch {k}:  50%|##  | 1/2 [00:01<00:01, loss=9.5]"
           "\rEpoch {k}: 100%|####| 2/2 [00:02<00:00, 1.5it/s, loss={a}, acc={c}, val_loss={b}]",
    "header": "-- Epoch {k}\nAvg. loss: {a}, acc: {c}\nValid loss: {b}\n",
    "boosting": "[{k}]\ttrain-logloss:{a}\ttrain-acc:{c}\teval-logloss:{b}",
    "lightgbm": "[{k}]\ttraining's binary_logloss: {a}\ttraining's acc: {c}"
                "\tvalid_1's binary_logloss: {b}",
    "brackets": "[Epoch {k}/9] [Batch 10/10] [loss: {a}] [acc: {p}%] [val_loss: {b}]",
    "quoted": '2024-01-01 10:00:0{k} | INFO | log | {{"epoch": {k}, "loss": "{a}", "acc": "{c}",'
              ' "val_loss": "{b}"}}',
    "dated": "[2024/01/01 10:00:0{k}] a INFO: [Epoch {k}/9][Avg]loss: {a}, acc: {c}, val_loss: {b}",
    "table of pairs": "epoch: {k}, train_loss: {a}, train_acc: {c}, valid_loss: {b}",
}  # fmt: skip
NUMBERS = st.floats(1e-4, 1e4).map(lambda value: float(f"{value:.4g}"))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=8, deadline=None)
@given(losses=st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(0, 100)), min_size=4, max_size=4),
       noise=st.booleans())  # fmt: skip
def test_the_same_training_is_the_same_curve_however_it_is_printed(
    form: str, losses: list[tuple[float, float, int]], noise: bool
) -> None:
    lines = [FORMS[form].format(k=k, a=a, b=b, c=c / 100, p=c)
             for k, (a, b, c) in zip(STEPS, losses, strict=True)]  # fmt: skip
    around = ["nohup: ignoring input", *lines, "Finished. Model written."] if noise else lines
    data = "\n".join(around).encode()
    [run] = describe_curves(data, "train.log").runs
    assert kind_of(data, "train.log") == CURVES
    assert (run.points, run.steps) == (4, (1, 4))
    wanted = {"train_loss": 0, "validation_loss": 1, "train_accuracy": 2}
    for name, place in wanted.items():
        ends = [losses[0][place], losses[-1][place]]
        if place == 2:
            ends = [each / 100 for each in ends]
        assert run.metrics[name] == pytest.approx(ends), name


def test_lines_without_numbers_are_named_and_states_of_bars_are_counted() -> None:
    text = "starting\n" + "".join(
        FORMS["keras"].format(k=k, a=1 / k, b=2, c=0.5) + "\n" for k in STEPS
    )
    said = " ".join(describe_curves(text.encode(), "train.log").said)
    assert "Lines without numbers are left out: line 1: starting." in said
    assert "Read as lines that a program printed: 4 lines with numbers." in said


def test_a_phase_and_the_place_within_an_epoch_are_understood() -> None:
    text = "".join(
        "".join(f"Train Epoch: {e} [{b * 640}/1280 ({b}%)]\tLoss: {1 / (e + b)}\n" for b in (0, 1))
        + f"Test set: Average loss: 0.25, Accuracy: {97 + e}00/10000 (9%)\n"
        for e in (1, 2)
    )
    [run] = describe_curves(text.encode(), "train.log").runs
    assert run.metrics["validation_accuracy"] == (0.98, 0.99)
    assert run.metrics["validation_loss"] == (0.25, 0.25)
    assert run.metrics["train_loss"] == pytest.approx((1, 1 / 3))


def test_a_loss_that_is_printed_as_nan_marks_the_run_as_diverged() -> None:
    text = "".join(f"step {k}: loss {math.nan if k > 2 else 1 / k}\n" for k in STEPS)
    [run] = describe_curves(text.encode(), "train.log").runs
    assert run.diverged


def test_what_is_not_named_is_asked() -> None:
    text = "".join(f"{k}:\tlearn: {1 / k}\ttest: {2 / k}\ttotal: 50ms\n" for k in STEPS)
    found = describe_curves(text.encode(), "catboost.log")
    assert found.runs[0].metrics["validation_loss"] == (2, 0.5)
    assert [each.about for each in found.questions] == ["metric", "metric"]


@pytest.mark.parametrize(
    "text",
    [
        "note,n,kind\n" + "".join(f"'weight: {k}',{k},{'ab'[k % 2]}\n" for k in range(20)),
        "x;y;cls\n" + "".join(f"1,{k};2,5;{'ab'[k % 2]}\n" for k in range(20)),
    ],
)
def test_tables_are_no_printed_lines(text: str) -> None:
    assert kind_of(text.encode(), "t.csv") == DATA


def test_a_delimiter_that_is_chosen_makes_a_table_of_printed_lines() -> None:
    text = "".join(f"{k}: loss = {1 / k};{2 / k}\n" for k in STEPS).encode()
    assert describe_curves(text, "l.log").dialect["delimiter"] is None
    chosen = describe_curves(text, "l.log", Choices(delimiter=";", header=False))
    assert len(chosen.columns) == 2
