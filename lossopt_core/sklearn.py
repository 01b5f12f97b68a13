"""lossopt's linear classifier as a scikit-learn estimator.

    from lossopt_core import LinearClassifier

    LinearClassifier(loss="hinge", optimizer="adam").fit(X, y).predict(X)

It trains exactly as an experiment does, but on the arrays passed to `fit`.
"""

import math
import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lossopt_core.analysis.tuned_rate import suggested_learning_rate
from lossopt_core.experiment.description import FIELDS, LARGEST_SEED, Experiment
from lossopt_core.experiment.loading import Data, GivenExperiment, given_data
from lossopt_core.fields import brief
from lossopt_core.objective.linear import Array
from lossopt_core.objective.losses import LOSSES
from lossopt_core.training.loop import Training
from lossopt_core.training.run import DIVERGED, Run

AUTO = "auto"
LARGEST_FEATURE = 1e70
"""Stability limits use fourth powers of the features, which must not overflow."""


def _gives_probabilities(classifier: "LinearClassifier") -> bool:
    able = [name for name, loss in LOSSES.items() if loss.probabilistic]
    if classifier.loss not in able:
        named = " or ".join(f"loss={name!r}" for name in able)
        given = brief(classifier.loss)
        raise AttributeError(f"probabilities require {named}, got {given}")
    return True


class LinearClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no types there
    """A linear classifier trained by gradient descent, as a scikit-learn estimator.

    Parameters have the names, meanings and ranges of the fields of `Experiment`, except for those
    below. Features are used as they are: put a `StandardScaler` in front. `fit` takes no sample
    weights. There is no `partial_fit`, because a schedule has to know where training ends.

    Args:
        learning_rate: A number, or "auto" for the tuned one that `suggested_learning_rate` gives on
            the examples of `fit`.
        batch_size: Larger than the number of examples means full batch.
        random_state: None, a seed, or a NumPy RandomState: fixes the initial weights and the order
            of the minibatches.

    Attributes:
        classes_: (C,) labels, sorted, in their original type.
        coef_: (C, d) weights; for two classes (1, d), those of the second minus those of the first.
        intercept_: (C,) biases; (1,) for two classes.
        objective_: Mean loss plus penalty over the training examples at the end of training. The
            penalty covers the weights of all classes, also for two classes.
        n_iter_: Passes over the examples; fewer than `epochs` if training diverged.
        learning_rate_: The learning rate that was used.
        n_features_in_: As everywhere in scikit-learn.
        feature_names_in_: As everywhere in scikit-learn.
    """

    def __init__(
        self,
        *,
        loss: str = "cross_entropy",
        margin: float = 1.0,
        regularizer: str = "l2",
        strength: float = 1e-3,
        l1_ratio: float = 0.5,
        optimizer: str = "sgd",
        learning_rate: float | str = AUTO,
        momentum: float = 0.9,
        schedule: str = "constant",
        batch_size: int = 32,
        replacement: bool = False,
        averaging: bool = False,
        epochs: int = 20,
        precision: str = "float64",
        init_scale: float = 0.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.loss = loss
        self.margin = margin
        self.regularizer = regularizer
        self.strength = strength
        self.l1_ratio = l1_ratio
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.schedule = schedule
        self.batch_size = batch_size
        self.replacement = replacement
        self.averaging = averaging
        self.epochs = epochs
        self.precision = precision
        self.init_scale = init_scale
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on features (n, d) and labels (n,) of any type that can be sorted.

        Raises:
            ValueError: A parameter has a bad value (the message names it), features are not
                finite or exceed 1e70, or there are fewer than two classes.

        Warns:
            ConvergenceWarning: Training diverged.
        """
        features, given = validate_data(self, X, y, dtype=[np.float64, np.float32])
        if max(float(features.max()), -float(features.min())) > LARGEST_FEATURE:
            raise ValueError(f"X must not contain values beyond {LARGEST_FEATURE:g}: scale it")
        check_classification_targets(given)
        self.classes_, labels = np.unique(given, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("LinearClassifier needs at least 2 classes, y has 1 class")
        names = [str(each) for each in self.classes_]
        data = given_data(features, labels.astype(np.int64), names)
        training = Training([self._experiment(data)], data)
        [run] = training.run(report=lambda made: None, should_stop=lambda: False).values()
        if run.status == DIVERGED:
            warnings.warn(
                f"training diverged at learning_rate={run.experiment.learning_rate:g}: lower it or"
                " scale the features",
                ConvergenceWarning,
                stacklevel=2,
            )
        self._keep(run)
        return self

    def _experiment(self, data: Data) -> Experiment:
        """The experiment to train; ValueError for an invalid parameter."""
        settings = {name: value for name, value in self.get_params().items() if name in FIELDS}
        automatic = isinstance(self.learning_rate, str)
        if automatic and settings.pop("learning_rate") != AUTO:
            raise ValueError(
                f"learning_rate must be {AUTO!r} or a number, got {brief(self.learning_rate)}"
            )
        examples, features = data.train_features.shape
        largest = FIELDS["batch_size"].check("batch_size", settings.pop("batch_size"))
        experiment = GivenExperiment(
            **settings,
            batch_size=min(int(largest), examples),
            seed=_seed(self.random_state),
            test_fraction=0.0,
            evaluations=2,
            examples=examples,
            classes=len(data.class_names),
            features=features,
        )
        if automatic:
            return experiment.replace(learning_rate=suggested_learning_rate(experiment, data))
        return experiment

    def _keep(self, run: Run) -> None:
        W, b = run.weights, run.bias
        two = len(self.classes_) == 2
        self.coef_: Array = W[1:] - W[:1] if two else W
        self.intercept_: Array = b[1:] - b[:1] if two else b
        self.n_iter_ = math.ceil(run.final["epoch"])
        self.objective_ = run.final["objective"]
        self.learning_rate_ = run.experiment.learning_rate

    def decision_function(self, X: ArrayLike) -> Array:
        """Scores (n, C) for features (n, d); for two classes (n,), positive for the second."""
        check_is_fitted(self)
        features = validate_data(self, X, dtype=np.float64, reset=False)
        scores: Array = features @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The label with the highest score for each example, (n,); ties go to the first class."""
        scores = self.decision_function(X)
        best = (scores > 0).astype(np.int64) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: ArrayLike) -> Array:
        """Class probabilities (n, C); cross-entropy only."""
        shares: Array = np.exp(self.predict_log_proba(X))
        return shares

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Log-probabilities (n, C); finite even where the probabilities round to 0."""
        scores = self.decision_function(X)
        if scores.ndim == 1:
            scores = np.column_stack([np.zeros_like(scores), scores])
        logarithms: Array = log_softmax(scores, axis=1)
        return logarithms


def _seed(random_state: Any) -> int:
    """The experiment's seed: an integer is used as is, anything else draws a seed."""
    if random_state is None or isinstance(random_state, np.random.RandomState):
        return int(check_random_state(random_state).randint(LARGEST_SEED, dtype=np.int64))
    return int(FIELDS["seed"].check("random_state", random_state))
