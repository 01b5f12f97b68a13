"""Settings are written to addresses and read back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossopt_core import Experiment
from lossopt_ui.state import url
from lossopt_ui.state.pages import DECLARED

EXPERIMENTS = st.builds(
    Experiment,
    loss=st.sampled_from(["hinge", "cross_entropy"]),
    learning_rate=st.floats(1e-8, 1e4),
    strength=st.floats(0, 1e3),
    standardize=st.booleans(),
    epochs=st.integers(1, 100_000),
    batch_size=st.integers(1, 1347),
    seed=st.integers(0, 2**32 - 1),
)


@given(EXPERIMENTS)
def test_an_experiment_survives_the_round_trip_through_an_address(experiment: Experiment) -> None:
    query = url.query_of(url.values_of(experiment))
    values, problems = url.read(query)
    assert not problems
    fields = {name: value for name, value in values.items() if "." not in name}
    assert Experiment(**fields) == experiment


def test_fixed_defaults_are_left_out() -> None:
    assert url.query_of(url.values_of(Experiment())) == {"learning_rate": "0.1"}


def test_options_of_another_data_set_are_left_out() -> None:
    values = {"dataset": "blobs", "blobs.spread": 3.0, "spiral.noise": 1.0}
    assert url.query_of(values) == {"dataset": "blobs", "blobs.spread": "3"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("los", "there is no option 'los'; did you mean 'loss'?"),
        ("__class__", "there is no option '__class__'"),
        ("x" * 1000, "it is ignored."),
    ],
)
def test_unknown_names_are_ignored_and_said(name: str, words: str) -> None:
    values, [problem] = url.read({name: "1"})
    assert values == {}
    assert words in str(problem)
    assert len(str(problem)) < 300


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_used_instead_of_a_wrong_value_is_said_in_words(name: str) -> None:
    values, problems = url.read({name: "\x00 nonsense"})
    assert values == {} or not problems, "free text"
    for problem in problems:
        said = str(problem)
        assert said.endswith(("; it is ignored.", " instead."))
        assert not re.search(r"using  |using [(\[,]|None|\(\)|one of ,", said), said
        assert len(said) < 500


def test_of_very_many_names_the_nearest_are_said() -> None:
    _, [problem] = url.read({"lesson": "gradient_check.2"})
    assert str(problem).startswith("lesson must be one of 53 names (nearest: gradient-check.2, ")
    assert str(problem).endswith("got 'gradient_check.2'; it is ignored.")
