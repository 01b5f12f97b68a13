"""The estimator: scikit-learn's own checks, and what its users rely on beyond them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import lossopt_core
from lossopt_core import (
    FIELDS,
    LOSSES,
    OPTIMIZERS,
    Experiment,
    LinearClassifier,
    load_data,
    suggested_learning_rate,
    train,
)
from tests.programs import run_python

IRIS = load_iris(return_X_y=True)


def two_clouds() -> tuple[np.ndarray, np.ndarray]:
    """60 examples of two classes that a line separates almost."""
    random = np.random.default_rng(0)
    features = random.normal(size=(60, 3))
    return features, (features[:, 0] + 0.3 * random.normal(size=60) > 0).astype(int)


def scaled(load) -> tuple[np.ndarray, np.ndarray]:
    features, labels = load(return_X_y=True)
    return StandardScaler().fit_transform(features), labels


# scikit-learn's conventions


@parametrize_with_checks([LinearClassifier(loss=loss) for loss in LOSSES])
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


@pytest.mark.slow  # scikit-learn's checks once more, in a process of their own
def test_the_array_api_checks_pass_too():
    """The variable must be set before SciPy is imported."""
    code = """
from sklearn.utils.estimator_checks import estimator_checks_generator
from lossopt_core import LOSSES, LinearClassifier
for loss in LOSSES:
    for estimator, check in estimator_checks_generator(LinearClassifier(loss=loss)):
        if "array_api" in str(check):
            check(estimator)
            print(loss)
"""
    assert run_python("-c", code, SCIPY_ARRAY_API="1").split() == list(LOSSES)


def test_parameters_and_their_defaults_are_those_of_an_experiment():
    parameters = LinearClassifier().get_params()
    own = {"learning_rate": "auto", "random_state": None}
    assert set(parameters) - set(own) < set(FIELDS)
    expected = {name: getattr(Experiment(), name) for name in parameters if name not in own}
    assert parameters == expected | own


BAD = {
    "loss": "hinges",
    "margin": 0.0,
    "regularizer": None,
    "strength": -1.0,
    "l1_ratio": 1.5,
    "optimizer": "newton",
    "learning_rate": 0.0,
    "momentum": 1.0,
    "schedule": "linear",
    "batch_size": 0,
    "replacement": 1,
    "averaging": "yes",
    "precision": "half",
    "epochs": 2.5,
    "init_scale": float("nan"),
    "random_state": "zero",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [*BAD.items(), ("learning_rate", "fast"), ("batch_size", "all"), ("random_state", -1)],
)
def test_a_bad_parameter_is_named_by_fit(name, value):
    assert set(BAD) == set(LinearClassifier().get_params())
    with pytest.raises(ValueError, match=rf"^{name} must be .*got {value!r}"):
        LinearClassifier(**{name: value}).fit(*IRIS)


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(["no", "yes"], id="words"),
        pytest.param(np.array(["no", "yes"], dtype=object), id="objects"),
        pytest.param([False, True], id="booleans"),
        pytest.param([-1.0, 1.0], id="floats"),
        pytest.param(np.array([3, 7], dtype=np.uint8), id="small integers"),
    ],
)
def test_classes_are_of_any_type(labels):
    X, codes = two_clouds()
    y = np.asarray(labels)[codes]
    classifier = LinearClassifier(random_state=0).fit(X, y)
    assert_array_equal(classifier.classes_, labels)
    predicted = classifier.predict(X)
    assert predicted.dtype == classifier.classes_.dtype == y.dtype
    assert (predicted == y).mean() > 0.9


def test_pandas_tables_are_accepted():
    X, codes = two_clouds()
    table = pd.DataFrame(X, columns=["a", "b", "c"])
    y = pd.Series(codes).map({0: "no", 1: "yes"})
    classifier = LinearClassifier(random_state=0).fit(table, y)
    assert list(classifier.feature_names_in_) == ["a", "b", "c"]
    assert classifier.score(table, y) > 0.9


@pytest.mark.parametrize("loss", LOSSES)
def test_two_classes_have_one_score_and_more_have_one_each(loss):
    X, y = two_clouds()
    two = LinearClassifier(loss=loss, random_state=0).fit(X, y)
    assert two.coef_.shape == (1, 3)
    assert two.intercept_.shape == (1,)
    scores = two.decision_function(X)
    assert scores.shape == (60,)
    assert_allclose(scores, X @ two.coef_[0] + two.intercept_[0])
    assert_array_equal(two.predict(X), scores > 0)

    X, y = IRIS
    three = LinearClassifier(loss=loss, random_state=0).fit(X, y)
    assert three.coef_.shape == (3, 4)
    assert three.intercept_.shape == (3,)
    scores = three.decision_function(X)
    assert_allclose(scores, X @ three.coef_.T + three.intercept_)
    assert_array_equal(three.predict(X), scores.argmax(axis=1))


def test_only_cross_entropy_has_probabilities():
    for loss in LOSSES:
        classifier = LinearClassifier(loss=loss).fit(*IRIS)
        for name in ("predict_proba", "predict_log_proba"):
            assert hasattr(classifier, name) == (loss == "cross_entropy")


def test_two_probabilities_are_the_logistic_function_of_the_score():
    X, y = two_clouds()
    classifier = LinearClassifier(random_state=0).fit(X, y)
    positive = expit(classifier.decision_function(X))
    assert_allclose(classifier.predict_proba(X), np.c_[1 - positive, positive])
    far = classifier.predict_log_proba(1e6 * X)
    assert np.isfinite(far).all()
    assert far.min() < -1e5


def test_sample_weights_are_rejected():
    with pytest.raises(TypeError, match="sample_weight"):
        LinearClassifier().fit(*IRIS, sample_weight=np.ones(150))


def test_one_class_is_too_few_and_predicting_needs_fit():
    with pytest.raises(ValueError, match="at least 2 classes"):
        LinearClassifier().fit(IRIS[0], np.zeros(150))
    with pytest.raises(NotFittedError):
        LinearClassifier().predict(IRIS[0])


# What is trained


@pytest.mark.parametrize(
    "settings",
    [
        {"loss": "hinge", "learning_rate": 0.02},
        {"optimizer": "adam", "learning_rate": 0.01, "schedule": "cosine", "momentum": 0.8},
        {"optimizer": "gd", "learning_rate": 0.5, "regularizer": "elastic_net", "strength": 0.01},
        {"loss": "squared_hinge", "margin": 2.0, "learning_rate": 0.001, "init_scale": 0.1},
    ],
    ids=lambda settings: " ".join(map(str, settings.values())),
)
def test_the_weights_are_those_of_the_experiment(settings):
    """Bit by bit: there is one training loop."""
    experiment = Experiment(test_fraction=0.0, epochs=3, batch_size=50, seed=7, **settings)
    [run] = train([experiment])
    data = load_data(experiment)
    classifier = LinearClassifier(epochs=3, batch_size=50, random_state=7, **settings)
    classifier.fit(data.train_features, data.train_labels)
    assert_array_equal(classifier.coef_, run.weights)
    assert_array_equal(classifier.intercept_, run.bias)
    assert classifier.objective_ == run.final["objective"]
    assert classifier.n_iter_ == 3


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_it_finds_the_weights_of_logistic_regression(load):
    X, y = scaled(load)
    strength = 0.02
    ours = LinearClassifier(
        optimizer="nesterov", learning_rate=0.1, epochs=2000, batch_size=1000, strength=strength
    ).fit(X, y)
    # The rows of two classes are w and -w: λ (|w|² + |w|²) is λ/2 times their squared difference.
    C = 1 / (strength * len(X) * (1 if len(ours.classes_) == 2 else 2))
    theirs = LogisticRegression(C=C, tol=1e-10, max_iter=10_000).fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_automatic_learning_rate_is_the_suggested_one(loss, optimizer):
    experiment = Experiment(
        dataset="wine", test_fraction=0.0, loss=loss, optimizer=optimizer, epochs=1
    )
    data = load_data(experiment)
    classifier = LinearClassifier(loss=loss, optimizer=optimizer, epochs=1)
    classifier.fit(data.train_features, data.train_labels)
    assert classifier.learning_rate_ == suggested_learning_rate(experiment)


def test_a_batch_larger_than_the_data_is_the_data():
    X, y = two_clouds()
    settings = {"random_state": 0, "epochs": 5, "learning_rate": 0.1}
    large = LinearClassifier(batch_size=1000, **settings).fit(X, y)
    whole = LinearClassifier(batch_size=60, **settings).fit(X, y)
    small = LinearClassifier(batch_size=59, **settings).fit(X, y)
    assert_array_equal(large.coef_, whole.coef_)
    assert (large.coef_ != small.coef_).any()
    assert large.get_params()["batch_size"] == 1000


def test_random_state_fixes_the_training():
    X, y = two_clouds()

    def coef(random_state):
        classifier = LinearClassifier(init_scale=1.0, epochs=1, random_state=random_state)
        return classifier.fit(X, y).coef_

    assert_array_equal(coef(3), coef(np.int64(3)))
    assert_array_equal(coef(np.random.RandomState(3)), coef(np.random.RandomState(3)))
    assert (coef(3) != coef(4)).all()
    assert (coef(None) != coef(None)).all()
    state = np.random.RandomState(3)
    assert (coef(state) != coef(state)).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_diverging_fit_warns_and_others_do_not(loss):
    X, y = IRIS
    with pytest.warns(ConvergenceWarning, match="diverged at learning_rate=10000"):
        classifier = LinearClassifier(loss=loss, learning_rate=1e4).fit(X, y)
    assert classifier.n_iter_ < 20
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LinearClassifier(loss=loss).fit(X, y)


def test_features_of_any_size_train_or_are_rejected():
    X, y = IRIS
    with pytest.warns(ConvergenceWarning, match="scale the features"):
        LinearClassifier().fit(1e60 * X, y)
    with pytest.raises(ValueError, match="scale it"):
        LinearClassifier().fit(1e80 * X, y)
    LinearClassifier().fit(1e-200 * X, y)


# In company


@pytest.mark.parametrize("loss", LOSSES)
def test_it_works_in_a_pipeline(loss):
    classifier = LinearClassifier(loss=loss, random_state=0)
    accuracy = cross_val_score(
        make_pipeline(StandardScaler(), classifier),
        *load_wine(return_X_y=True),
        error_score="raise",
    )
    assert accuracy.mean() > 0.95


def test_it_works_in_a_grid_search():
    X, y = load_breast_cancer(return_X_y=True)
    names = np.array(["malignant", "benign"])[y]
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LinearClassifier(epochs=5, random_state=0)),
        {
            "linearclassifier__loss": ["hinge", "cross_entropy"],
            "linearclassifier__strength": np.logspace(-3, 2, 3),
            "linearclassifier__learning_rate": ["auto", 1e-3],
            "linearclassifier__batch_size": np.array([16, 512]),
        },
        cv=3,
        error_score="raise",
    ).fit(X, names)
    assert search.best_score_ > 0.95
    assert search.score(X, names) > 0.95
    # Weights that are charged a hundred times their squares cannot do as well.
    scores = pd.DataFrame(search.cv_results_)
    strength = scores["param_linearclassifier__strength"].astype(float)
    assert search.best_params_["linearclassifier__strength"] < 100
    assert scores["mean_test_score"][strength == 100].max() < search.best_score_


# The package


def test_importing_the_core_does_not_import_scikit_learn():
    code = """
import sys, lossopt_core
print("sklearn" in sys.modules, "LinearClassifier" in dir(lossopt_core))
lossopt_core.LinearClassifier
print("sklearn" in sys.modules)
"""
    assert run_python("-c", code).split() == ["False", "True", "True"]


def test_the_package_has_what_it_lists_and_nothing_else():
    for name in lossopt_core.__all__:
        assert getattr(lossopt_core, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'LinearClassifiers'"):
        _ = lossopt_core.LinearClassifiers
