"""An experiment: its checks, its identity, its way through JSON."""

import json
import math
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core import (
    DATASETS,
    FIELDS,
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    Experiment,
)
from lossopt_core.fields import (
    Choice,
    Number,
    Switch,
    brief,
)
from lossopt_core.objective.losses import CERTIFIED_LOSSES

NUMBERS = {name: each for name, each in FIELDS.items() if isinstance(each, Number)}
CHOICES = {name: each for name, each in FIELDS.items() if isinstance(each, Choice)}
SWITCHES = {name: each for name, each in FIELDS.items() if isinstance(each, Switch)}
OPTIONS = [
    (dataset, name, declaration)
    for dataset, entry in DATASETS.items()
    for name, declaration in entry.options.items()
]
NO_NUMBERS = [math.nan, math.inf, -math.inf, None, "1", "", True, [], {}, 1j, b"1", 10**400]


def outside(number: Number) -> list[object]:
    """Values just and far beyond the range, and values that are no numbers at all."""
    if number.whole:
        bad: list[object] = [number.low - 1, number.high + 1, number.low + 0.5]
    else:
        bad = [math.nextafter(number.low, -math.inf), math.nextafter(number.high, math.inf)]
    return [*bad, -1e300, 1e300, *NO_NUMBERS]


def varied() -> st.SearchStrategy[Experiment]:
    """Valid experiments of all kinds, with the options that each data set has by default."""
    strategies = {
        name: st.integers(int(each.low), int(each.high))
        if each.whole
        else st.floats(each.low, each.high)
        for name, each in NUMBERS.items()
    }
    strategies |= {name: st.sampled_from(list(each.registry)) for name, each in CHOICES.items()}
    strategies |= {name: st.booleans() for name in SWITCHES}
    # What these two may be depends on the data: 9 points must have enough of both parts.
    required = {
        "batch_size": st.integers(1, 3),
        "test_fraction": st.just(0.0) | st.floats(1 / 3, 0.6),
    }
    optional = {name: each for name, each in strategies.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional).map(_without_impossible_target)


def _without_impossible_target(settings: dict[str, Any]) -> Experiment:
    certified = settings.get("loss", "hinge") in CERTIFIED_LOSSES
    penalised = settings.get("regularizer", "l2") != "none" and settings.get("strength", 1) > 0
    if settings.get("stopping") == "target" and not (certified and penalised):
        settings = settings | {"stopping": "none"}
    if settings.get("validation"):  # three parts of at least 3 out of 9 points
        settings = settings | {"test_fraction": 1 / 3}
    return Experiment(**settings)


# Checks


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_out_of_its_range_is_rejected_with_name_value_and_range(name):
    number = NUMBERS[name]
    kind = "a whole number" if number.whole else "a number"
    for bad in outside(number):
        with pytest.raises(ValueError, match=rf"^{name} must be {kind} from .* to ") as caught:
            Experiment(**{name: bad})
        message = str(caught.value)
        assert message.endswith(f"got {brief(bad)}")
        assert "\n" not in message


@pytest.mark.parametrize("name", NUMBERS)
def test_both_ends_of_a_range_are_allowed(name):
    # The upper end of these two depends on the data.
    ends = [NUMBERS[name].low, NUMBERS[name].high]
    if name in ("batch_size", "test_fraction"):
        ends = ends[:1]
    for end in ends:
        assert getattr(Experiment(**{name: end}), name) == end


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("bad", ["", "none at all", "HINGE", None, 3, True, ["hinge"], math.nan])
def test_an_unknown_name_is_rejected_with_all_known_ones(name, bad):
    with pytest.raises(ValueError, match=rf"^{name} must be one of ") as caught:
        Experiment(**{name: bad})
    assert str(caught.value).endswith(f"got {brief(bad)}")
    for known in CHOICES[name].registry:
        assert known in str(caught.value)


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("bad", [0, 1, None, "true", [], math.nan])
def test_a_switch_is_true_or_false(name, bad):
    with pytest.raises(ValueError, match=rf"^{name} must be true or false, got ") as caught:
        Experiment(**{name: bad})
    assert str(caught.value).endswith(f"got {brief(bad)}")


@pytest.mark.parametrize(("dataset", "name", "declaration"), OPTIONS)
def test_an_option_of_a_data_set_out_of_its_range_is_rejected(dataset, name, declaration):
    bad = outside(declaration) if isinstance(declaration, Number) else [None, "no such", 3, []]
    for each in bad:
        with pytest.raises(ValueError, match=rf"^dataset_options\.{name} must be ") as caught:
            Experiment(dataset=dataset, dataset_options={name: each})
        assert str(caught.value).endswith(f"got {brief(each)}")


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("name", ["no_such_option", 3, None])
def test_an_unknown_option_is_rejected_with_all_known_ones(dataset, name):
    with pytest.raises(ValueError, match=f"^dataset_options of {dataset} has no option ") as caught:
        Experiment(dataset=dataset, dataset_options={name: 1})
    assert f" has no option {name!r}; options: " in str(caught.value)
    for known in DATASETS[dataset].options:
        assert known in str(caught.value)


@pytest.mark.parametrize("bad", [None, 3, "spread", [("spread", 2)]])
def test_options_are_a_mapping(bad):
    with pytest.raises(ValueError, match=r"^dataset_options must be a mapping, got "):
        Experiment(dataset="blobs", dataset_options=bad)


def test_a_batch_larger_than_the_training_part_is_rejected():
    assert Experiment(batch_size=1347).batch_size == 1347
    with pytest.raises(ValueError, match=r"^batch_size must be at most the 1347 .*, got 1348$"):
        Experiment(batch_size=1348)
    assert Experiment(batch_size=1348, optimizer="gd").examples_per_update == 1347


@pytest.mark.parametrize(
    ("dataset", "share"), [("course_demo", 0.2), ("course_demo", 0.9), ("digits", 0.001)]
)
def test_a_split_that_leaves_a_class_out_is_rejected(dataset, share):
    with pytest.raises(ValueError, match=f"^test_fraction must be 0 or leave .*, got {share}$"):
        Experiment(dataset=dataset, test_fraction=share, batch_size=1)


def test_numbers_of_numpy_and_whole_floats_become_plain_numbers():
    experiment = Experiment(epochs=np.int64(7), batch_size=16.0, strength=np.float32(0.5), margin=2)
    assert type(experiment.epochs) is type(experiment.batch_size) is int
    assert type(experiment.strength) is type(experiment.margin) is float
    assert experiment == Experiment(epochs=7, batch_size=16, strength=0.5, margin=2.0)
    assert experiment.id == Experiment(epochs=7, batch_size=16, strength=0.5, margin=2.0).id


def test_minus_zero_is_zero():
    assert Experiment(strength=-0.0).id == Experiment(strength=0).id
    assert math.copysign(1, Experiment(strength=-0.0).strength) == 1


def test_an_experiment_cannot_change():
    options = {"spread": 2.0}
    experiment = Experiment(dataset="blobs", dataset_options=options)
    options["spread"] = 3.0
    assert experiment.dataset_options["spread"] == 2.0
    with pytest.raises(FrozenInstanceError):
        experiment.loss = "hinge"
    with pytest.raises(TypeError):
        experiment.dataset_options["spread"] = 3.0


# What follows from the settings


def test_updates_count_the_smaller_last_minibatch_of_every_epoch():
    assert Experiment(batch_size=32, epochs=3).updates == 3 * 43  # 1347 / 32 = 42.1
    assert Experiment(batch_size=1347, epochs=3).updates == 3
    assert Experiment(optimizer="gd", epochs=3).updates == 3


def test_options_left_out_have_their_defaults():
    spelled_out = {name: each.default for name, each in DATASETS["blobs"].options.items()}
    assert dict(Experiment(dataset="blobs").dataset_options) == spelled_out
    assert Experiment(dataset="blobs") == Experiment(dataset="blobs", dataset_options=spelled_out)


def test_another_data_set_begins_with_its_own_options():
    blobs = Experiment(dataset="blobs", dataset_options={"spread": 3.0}, loss="hinge")
    spiral = blobs.replace(dataset="spiral")
    assert spiral == Experiment(dataset="spiral", loss="hinge")
    assert blobs.replace(loss="squared_hinge").dataset_options["spread"] == 3.0
    assert spiral.replace(dataset="blobs", dataset_options={"spread": 3.0}) == blobs


# Identity


def test_ids_are_stable():
    """Ids name runs in stores and links.  If this fails, old links and runs are lost."""
    assert Experiment().id == "4762136ba4e27665"
    assert Experiment(dataset="blobs").id == "679e94a600114df6"


@pytest.mark.parametrize(
    ("experiment", "without_say"),
    [
        (Experiment(loss="cross_entropy"), {"margin": 7.0}),
        (Experiment(regularizer="none"), {"strength": 7.0}),
        (Experiment(regularizer="none"), {"l1_ratio": 0.1}),
        (Experiment(regularizer="l2"), {"l1_ratio": 0.1}),
        (Experiment(optimizer="sgd"), {"momentum": 0.1}),
        (Experiment(optimizer="gd"), {"batch_size": 7}),
    ],
)
def test_a_setting_that_does_not_apply_does_not_change_the_id(experiment, without_say):
    assert experiment.replace(**without_say).id == experiment.id
    assert experiment.replace(**without_say) != experiment


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "blobs"},
        {"test_fraction": 0.3},
        {"standardize": False},
        {"loss": "squared_hinge"},
        {"margin": 2.0},
        {"regularizer": "l1"},
        {"strength": 0.3},
        {"l1_ratio": 0.3},
        {"optimizer": "nesterov"},
        {"learning_rate": 0.3},
        {"momentum": 0.3},
        {"schedule": "step"},
        {"batch_size": 7},
        {"epochs": 7},
        {"evaluations": 7},
        {"init_scale": 0.3},
        {"seed": 7},
        {"split_seed": 7},
    ],
)
def test_a_setting_that_applies_changes_the_id(change):
    experiment = Experiment(loss="hinge", regularizer="elastic_net", optimizer="momentum")
    assert experiment.replace(**change).id != experiment.id


def test_every_option_of_a_data_set_changes_the_id():
    experiment = Experiment(dataset="blobs")
    for name in DATASETS["blobs"].options:
        other = {"examples": 60, "classes": 4, "features": 5, "spread": 2.5}[name]
        assert experiment.replace(dataset_options={name: other}).id != experiment.id


def test_an_id_is_16_hexadecimal_digits():
    assert len(Experiment().id) == 16
    assert int(Experiment().id, 16) > 0


@settings(deadline=None)
@given(experiment=varied())
def test_an_experiment_survives_json_with_its_id_and_its_hash(experiment):
    back = Experiment.from_json(experiment.to_json())
    assert back == experiment
    assert hash(back) == hash(experiment)
    assert back.id == experiment.id
    assert len({back, experiment}) == 1


@settings(deadline=None)
@given(experiment=varied())
def test_the_settings_alone_give_a_run_with_the_same_id(experiment):
    assert Experiment(**experiment.settings).id == experiment.id


# JSON of any kind

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
known = st.sampled_from(
    [*DATASETS, *LOSSES, *REGULARIZERS, *OPTIMIZERS, *SCHEDULES, 0, 1, 2, 0.5, 10]
)
anything = st.recursive(
    scalars | known,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
option_names = st.sampled_from([name for _, name, _ in OPTIONS]) | st.text(max_size=4)
near_misses = st.dictionaries(
    st.sampled_from([*FIELDS, "dataset_options"]) | st.text(max_size=4),
    anything | st.dictionaries(option_names, scalars | known, max_size=3),
    max_size=5,
)


@settings(deadline=None, max_examples=100)
@given(value=anything | near_misses)
def test_json_of_any_kind_is_an_experiment_or_a_value_error(value):
    try:
        experiment = Experiment.from_json(json.dumps(value))
    except ValueError:
        return
    assert Experiment.from_json(experiment.to_json()) == experiment


@settings(deadline=None)
@given(text=st.text())
def test_text_of_any_kind_is_an_experiment_or_a_value_error(text):
    try:
        Experiment.from_json(text)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "experiment is not JSON"),
        ("{'loss': 1}", "experiment is not JSON"),
        ("[" * 100_000, "experiment is not JSON"),
        ('{"seed": ' + "[" * 100_000 + "]" * 100_000 + "}", "experiment is not JSON"),
        ("9" * 5_000, "experiment is not JSON"),
        ('{"seed": ' + "9" * 5_000 + "}", "experiment is not JSON"),
        ("null", "experiment must be a JSON object, got None"),
        ("[]", r"experiment must be a JSON object, got \[\]"),
        ('{"los": "hinge"}', "experiment has no field los"),
        ('{"seed": NaN}', "seed must be a whole number"),
        ('{"seed": 1e999}', "seed must be a whole number"),
        (
            '{"dataset_options": {"spread": {}}}',
            "dataset_options of digits has no option 'spread'; options: none",
        ),
        (r'{"loss": "\ud800"}', "loss must be one of"),
    ],
)
def test_broken_json_is_one_clear_value_error(text, message):
    with pytest.raises(ValueError, match=message):
        Experiment.from_json(text)


@pytest.mark.parametrize("depth", range(10, 1000, 90))
def test_deeply_nested_values_are_value_errors(depth):
    nested = "[" * depth + "]" * depth
    for text in (f'{{"seed": {nested}}}', nested, f'{{"dataset_options": {nested}}}'):
        with pytest.raises(ValueError, match=r"must be|not JSON"):
            Experiment.from_json(text)


# Differences


def test_a_message_stays_short_however_long_the_value():
    for values in ({"loss": "x" * 10**6}, {"epochs": "9" * 10**6}, {"seed": 10**6000}):
        with pytest.raises(ValueError, match="got ") as caught:
            Experiment(**values)
        assert len(str(caught.value)) < 250
