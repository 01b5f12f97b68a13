"""Runs in an address: they come out as they went in, or not at all."""

import base64
import json
import zlib
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lossopt_core import Experiment, Run, train
from lossopt_core.exchange.sharing import (
    LARGEST,
    LONGEST,
    pack,
    reproduction,
    unpack,
)
from tests.experiments import TINY


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return train(
        [TINY.replace(seed=k, loss=loss) for loss in ("hinge", "cross_entropy") for k in (0, 1)]
    )


def test_shared_runs_are_read_back_exactly(runs: list[Run]) -> None:
    found = unpack(pack(runs))
    assert [each.experiment for each in found] == [run.experiment for run in runs]
    for shared, run in zip(found, runs, strict=True):
        assert shared.objectives[-1] == run.final["objective"]
        assert reproduction(shared, run).reproduced


@given(
    st.builds(
        Experiment,
        dataset=st.sampled_from(["digits", "blobs"]),
        learning_rate=st.floats(1e-8, 1e4),
        strength=st.floats(0, 1e3),
        seed=st.integers(0, 2**32 - 1),
    )
)
def test_every_experiment_survives(experiment: Experiment) -> None:
    [run] = train([TINY])
    [shared] = unpack(pack([replace(run, experiment=experiment)]))
    assert shared.experiment == experiment


def test_a_run_trained_again_elsewhere_is_reproduced(runs: list[Run]) -> None:
    shared = unpack(pack(runs))
    again = train([each.experiment for each in shared])
    assert max(reproduction(s, r).largest for s, r in zip(shared, again, strict=True)) <= 1e-9


def test_a_different_run_or_curve_is_detected(runs: list[Run]) -> None:
    [shared] = unpack(pack(runs[:1]))
    history = runs[0].history.assign(objective=runs[0].history["objective"] * (1 + 1e-6))
    found = reproduction(shared, replace(runs[0], history=history))
    assert not found.reproduced
    assert found.largest == pytest.approx(1e-6, rel=0.01)
    [other] = train([runs[0].experiment.replace(epochs=1)])
    assert not reproduction(shared, other).reproduced


def test_versions_are_shared_and_differences_reported(runs: list[Run]) -> None:
    [run] = runs[:1]
    [shared] = unpack(pack([run], run.environment))
    assert set(shared.made_with) == {"numpy", "scikit-learn", "machine"}
    assert reproduction(shared, run).otherwise == {}
    older = replace(run, environment={**run.environment, "numpy": "1.0"})
    told = reproduction(shared, older).otherwise
    assert told == {"numpy": (run.environment["numpy"], "1.0")}
    assert unpack(pack([run]))[0].made_with == {}, "older links tell none"


def test_a_diverged_run_is_shared_without_its_curve() -> None:
    [run] = train([TINY.replace(loss="squared_hinge", learning_rate=1e3)])
    assert run.status == "diverged"
    [shared] = unpack(pack([run]))
    assert shared.updates == ()
    assert reproduction(shared, run).reproduced
    [tame] = train([TINY])
    assert not reproduction(shared, tame).reproduced


def test_sixty_runs_of_a_sweep_fit(runs: list[Run]) -> None:
    many = [replace(runs[k % 4], experiment=TINY.replace(seed=k)) for k in range(60)]
    assert len(pack(many)) < LONGEST
    with pytest.raises(ValueError, match="1 to 100 runs"):
        pack([])
    with pytest.raises(ValueError, match="stopped runs cannot be shared"):
        pack([replace(runs[0], status="stopped")])


@given(
    st.text(max_size=200)
    | st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode())
)
def test_invalid_links_are_rejected_with_a_message(text: str) -> None:
    with pytest.raises(ValueError, match="shared runs"):
        unpack(text)


def packed(head: object, body: bytes = b"") -> str:
    content = json.dumps(head).encode() + b"\n" + body
    return base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")


@pytest.mark.parametrize(
    "head",
    [
        [],
        {"version": 2, "base": {}, "runs": []},
        {"version": 1, "base": {}, "runs": []},
        {"version": 1, "base": {}, "runs": [{"changes": {}, "status": "finished", "updates": [1]}]},
        {
            "version": 1,
            "base": {},
            "runs": [{"changes": {"loss": "x"}, "status": "finished", "updates": []}],
        },
        {"version": 1, "base": {}, "runs": [{"changes": {}, "status": "odd", "updates": []}]},
        {"version": 1, "base": 3, "runs": [{"changes": 4, "status": "odd", "updates": "ab"}]},
        {"version": 1},
        {"version": 1, "base": {}, "runs": [{}], "made_with": "numpy"},
        {"version": 1, "base": {}, "runs": [{}], "made_with": {"numpy": "x" * 99}},
        {"version": 1, "base": {}, "runs": [{}], "made_with": {"numpy": 3}},
    ],
)
def test_invalid_contents_are_rejected_with_a_message(head: object) -> None:
    with pytest.raises(ValueError, match="the shared runs"):
        unpack(packed(head))


def test_corruption_is_detected(runs: list[Run]) -> None:
    text = pack(runs)
    middle = len(text) // 2
    other = "A" if text[middle] != "A" else "B"
    for wrong in (text[:-8], text[:middle] + other + text[middle + 1 :], "", "A" * (LONGEST + 1)):
        with pytest.raises(ValueError, match="shared runs"):
            unpack(wrong)
    bomb = base64.urlsafe_b64encode(zlib.compress(b"0" * (LARGEST * 20), 9)).decode()
    with pytest.raises(ValueError, match="more than"):
        unpack(bomb[: LONGEST - 1] if len(bomb) >= LONGEST else bomb)
