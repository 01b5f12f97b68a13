"""Whatever is chosen, training minimises the declared objective and no other.

Every optimizer x penalty x loss of the registries is trained on one small problem, full batch, as
one stack.  The cosine schedule ends at a rate of zero, which kinks and adaptive rules need.
"""

import numpy as np
import pytest
from scipy.optimize import minimize

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    REGULARIZERS,
    ConvergenceWarning,
    Experiment,
    certify,
    convergence_caveats,
    suggested_learning_rate,
    train,
)
from lossopt_core.command_line import main
from lossopt_core.duality import Problem
from lossopt_core.stopping import STOPPING

WITHIN = 1e-4
pytestmark = pytest.mark.filterwarnings("ignore::lossopt_core.ConvergenceWarning")
BASE = Experiment(
    dataset="blobs",
    dataset_options={"examples": 50, "classes": 3, "features": 2, "spread": 4.0},
    test_fraction=0.0, strength=0.05, l1_ratio=0.6, epochs=800, evaluations=5,
    schedule="cosine", batch_size=50,
)  # fmt: skip
PROBLEMS = [(loss, penalty) for loss in LOSSES for penalty in REGULARIZERS]


def by_every_optimizer(loss: str, penalty: str) -> list[Experiment]:
    experiments = [
        BASE.but(loss=loss, regularizer=penalty, optimizer=optimizer) for optimizer in OPTIMIZERS
    ]
    return [each.but(learning_rate=3 * suggested_learning_rate(each)) for each in experiments]


@pytest.fixture(scope="module")
def runs():
    everything = [each for problem in PROBLEMS for each in by_every_optimizer(*problem)]
    trained = train(everything)
    return {
        problem: [r for r in trained if (r.experiment.loss, r.experiment.regularizer) == problem]
        for problem in PROBLEMS
    }


def optimum(loss: str, penalty: str) -> tuple[float, np.ndarray]:
    """The minimum, certified where there is a certificate, else by SciPy."""
    experiment = BASE.but(loss=loss, regularizer=penalty)
    if LOSSES[loss].certified:
        found = certify(experiment, target_gap=1e-8)
        return found.objective, found.theta
    return by_scipy(loss, penalty)


def by_scipy(loss: str, penalty: str) -> tuple[float, np.ndarray]:
    """By L-BFGS-B on weights split into positive and negative parts.

    A loss with kinks is first rounded off by less and less, which leaves an error below 1e-5.
    """
    problem = Problem.of(BASE.but(loss=loss, regularizer=penalty))
    shape = problem.classes, problem.X.shape[1]
    size = shape[0] * shape[1]
    weights = np.ones(shape)
    weights[:, -1] = 0.0
    labels = problem.labels

    def smooth(theta: np.ndarray, softness: float) -> tuple[float, np.ndarray]:
        scores = problem.scores(theta)
        value, slopes = rounded_off(loss, scores, labels, softness)
        gradient = slopes @ problem.X / len(labels) + 2 * problem.squared * weights * theta
        return value + problem.squared * float((weights * theta**2).sum()), gradient

    def split(z: np.ndarray, softness: float) -> tuple[float, np.ndarray]:
        theta = (z[:size] - z[size:]).reshape(shape)
        value, gradient = smooth(theta, softness)
        charge = problem.absolute * weights.ravel()
        value += float(charge @ (z[:size] + z[size:]))
        return value, np.r_[gradient.ravel() + charge, charge - gradient.ravel()]

    z = np.zeros(2 * size)
    for softness in (1.0,) if LOSSES[loss].smooth else (1.0, 0.1, 1e-2, 1e-3, 1e-4):
        z = minimize(
            split, z, (softness,), "L-BFGS-B", jac=True, bounds=[(0, None)] * (2 * size),
            options={"maxiter": 5_000, "maxfun": 10_000, "ftol": 1e-15, "gtol": 1e-9},
        ).x  # fmt: skip
    theta = (z[:size] - z[size:]).reshape(shape)
    return problem.objective(theta), theta


def rounded_off(
    loss: str, scores: np.ndarray, labels: np.ndarray, softness: float
) -> tuple[float, np.ndarray]:
    """The mean loss and its slopes in the scores, max(0, m) replaced by s log(1 + exp(m / s))."""
    if LOSSES[loss].smooth:
        entry = LOSSES[loss]()
        return float(entry.value(scores, labels).mean()), entry.gradient(scores, labels)
    places = labels, np.arange(len(labels))
    if loss == "one_vs_all":
        signs = np.full(scores.shape, -1.0)
        signs[places] = 1.0
        missing = 1.0 - signs * scores
        slopes = -signs / (1 + np.exp(-np.clip(missing / softness, -500, 500)))
        return float((softness * np.logaddexp(0, missing / softness)).sum(axis=0).mean()), slopes
    missing = scores - scores[places] + 1.0
    if loss == "crammer_singer":
        missing[places] = 0.0
        top = missing.max(axis=0)
        shares = np.exp((missing - top) / softness)
        total = shares.sum(axis=0)
        value = top + softness * np.log(total)
        slopes = shares / total
    else:
        slopes = 1 / (1 + np.exp(-np.clip(missing / softness, -500, 500)))
        soft = softness * np.logaddexp(0, missing / softness)
        soft[places] = 0.0
        value = soft.sum(axis=0)
    slopes[places] = 0.0
    slopes[places] = -slopes.sum(axis=0)
    return float(value.mean()), slopes


@pytest.mark.parametrize(("loss", "penalty"), PROBLEMS)
def test_every_optimizer_ends_at_the_optimum_of_the_declared_objective(loss, penalty, runs):
    best, _ = optimum(loss, penalty)
    ends = {run.experiment.optimizer: run.final["objective"] for run in runs[loss, penalty]}
    assert ends.keys() == OPTIMIZERS.keys()
    assert all(abs(end - best) < WITHIN for end in ends.values()), (best, ends)


@pytest.mark.parametrize("penalty", ["l1", "elastic_net"])
@pytest.mark.parametrize("loss", [name for name, entry in LOSSES.items() if entry.smooth])
def test_the_zeros_are_those_of_the_optimum(loss, penalty, runs):
    _, theta = optimum(loss, penalty)
    zeros = int((np.abs(theta[:, :-1]) < 1e-7).sum())
    for run in runs[loss, penalty]:
        assert abs(int((run.weights == 0).sum()) - zeros) <= 1, run.experiment.optimizer


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_at_a_constant_rate_l1_has_the_declared_strength_too(precision):
    base = BASE.but(
        dataset="wine", loss="squared_hinge", regularizer="l1", strength=0.2, batch_size=178,
        epochs=1_000, evaluations=2, schedule="constant", precision=precision,
    )  # fmt: skip
    rates = {"adagrad": 0.1, "rmsprop": 0.001, "adam": 0.003}
    every = [base.but(optimizer=name) for name in OPTIMIZERS]
    every = [
        each.but(learning_rate=rates.get(each.optimizer) or suggested_learning_rate(each))
        for each in every
    ]
    best = certify(base, target_gap=1e-8)
    for run in train(every):
        assert abs(run.final["objective"] - best.objective) < WITHIN, run.experiment.optimizer
        assert abs(int((run.weights == 0).sum() - (best.weights == 0).sum())) <= 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss": "hinge"}, "has kinks"),
        ({"loss": "crammer_singer", "optimizer": "momentum"}, "has kinks"),
        ({"loss": "one_vs_all", "schedule": "step"}, "has kinks"),
        ({"regularizer": "none"}, "linearly separable"),
        ({"strength": 0.0}, "linearly separable"),
        ({"optimizer": "rmsprop"}, "may circle the optimum"),
        ({"optimizer": "adam", "schedule": "inverse_time"}, "may circle the optimum"),
        ({"regularizer": "l1", "averaging": True}, "rarely exactly zero"),
    ],
    ids=str,
)
def test_what_does_not_end_at_the_optimum_says_why(changes, said):
    full = {"optimizer": "gd", "schedule": "constant", "epochs": 2, "evaluations": 2}
    experiment = BASE.but(**full | changes)
    assert any(said in caveat for caveat in convergence_caveats(experiment))
    with pytest.warns(ConvergenceWarning, match=said):
        [run] = train([experiment])
    assert any(said in caveat for caveat in run.caveats)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"regularizer": "l1", "optimizer": "nesterov"},
        {"loss": "hinge", "schedule": "cosine"},
        {"loss": "hinge", "optimizer": "adagrad"},
        {"optimizer": "adam", "schedule": "cosine"},
    ],
    ids=str,
)
def test_what_ends_at_the_optimum_says_nothing(changes, recwarn):
    experiment = BASE.but(**{"optimizer": "gd", "schedule": "constant", "epochs": 1_000} | changes)
    assert convergence_caveats(experiment) == ()
    train([experiment.but(epochs=1_000, evaluations=2)])
    assert not [each for each in recwarn if each.category is ConvergenceWarning]


def test_the_command_line_says_why_too(tmp_path, capfd):
    store = f"sqlite:///{tmp_path / 'runs.db'}"
    arguments = ["--dataset", "iris", "--loss", "hinge", "--optimizer", "gd", "--epochs", "3"]
    assert main(["train", *arguments, "--store", store]) == 0
    out, err = capfd.readouterr()
    assert (out + err).count("has kinks") == 1


# The rule that ends a training without progress.


def ends(objectives, epochs, planned=20, tolerance=1e-3):
    rule = STOPPING["no_progress"]()
    return rule.ends(np.array(objectives, float), np.array(epochs, float), planned, tolerance, 0.0)


def test_an_objective_of_exactly_zero_is_the_end():
    assert ends([1.0, 0.0], [0, 0.01])
    assert not ends([1.0, 1e-300], [0, 0.01])


def test_evaluations_close_together_are_not_taken_for_a_stretch():
    dense = np.linspace(0, 1, 200)
    assert not ends(1 - 1e-9 * dense, dense)
    assert ends([1.0, *np.full(6, 0.9999)], [0, 1, 2, 3, 4, 5, 6])
    assert not ends(np.linspace(1, 0.5, 7), [0, 1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "crammer_singer", "one_vs_all"])
def test_a_separated_training_ends_once_its_loss_is_zero(loss):
    [run] = train(
        [
            BASE.but(
                dataset_options={"examples": 50, "classes": 2, "spread": 0.3}, loss=loss,
                regularizer="none", optimizer="gd", learning_rate=0.3, schedule="constant",
                epochs=2_000, stopping="no_progress", split_seed=1,
            )
        ]
    )  # fmt: skip
    assert (run.reason, run.final["objective"]) == ("no progress", 0.0)
    assert (run.history["objective"] == 0).sum() == 1


def test_a_slow_start_is_not_the_end():
    slow = Experiment(
        dataset="iris", batch_size=8, learning_rate=1e-4, epochs=40, stopping="no_progress"
    )
    [run] = train([slow])
    assert run.final["update"] >= 0.1 * slow.updates
