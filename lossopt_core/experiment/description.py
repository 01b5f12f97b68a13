"""An experiment: everything that determines a run, and nothing else."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self, TypeVar

from lossopt_core.data.datasets import DATASETS, UPLOADED, Size
from lossopt_core.data.rare_classes import check_classes
from lossopt_core.experiment.precision import PRECISIONS
from lossopt_core.fields import (
    LONGEST_SHOWN,
    Choice,
    Field,
    Number,
    Switch,
    brief,
)
from lossopt_core.objective.certifiable import why_not_certified
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.objective.losses import LOSS_SETTINGS, LOSSES, Loss
from lossopt_core.objective.regularizers import PENALTY_SETTINGS, REGULARIZERS, Regularizer
from lossopt_core.optim.optimizers import OPTIMIZERS, RULE_SETTINGS, Optimizer
from lossopt_core.optim.schedules import SCHEDULES
from lossopt_core.optim.stopping import STOPPING

LARGEST_SEED = 2**32 - 1
Entry = TypeVar("Entry")
Updates = TypeVar("Updates", int, Array, Labels)


DATA_SETTINGS = (
    "dataset",
    "dataset_options",
    "test_fraction",
    "standardize",
    "split_seed",
    "label_noise",
    "validation",
)
"""The settings that determine the data: equal values give equal examples in equal order."""
ADDED_SETTINGS = (
    "label_noise", "replacement", "averaging", "stopping", "precision", "validation",
)  # fmt: skip
"""Settings added later; ids leave them out at their defaults, so that older ids stay valid."""
ADDED_OPTIONS = {("own", "test"): 0}
"""The same for options of data sets, with their defaults."""


class Options(Mapping[str, Any]):
    """The options of a data set: an immutable, hashable dictionary."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(sorted(values.items()))

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)


def setting(declaration: Field) -> Any:
    """A dataclass field with the default and validation of a declaration."""
    default = declaration.default
    if isinstance(declaration, Number) and declaration.whole:
        default = int(default)
    return field(default=default, metadata={"declaration": declaration})


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Everything that determines one training of one linear classifier.

    Equal experiments give equal runs. An experiment is frozen and hashable, and survives a round
    trip through JSON. `FIELDS` has the default and the range of every field.

    Raises:
        ValueError: A field has a value that is not allowed. The message names the field, the value
            and what is allowed.
    """

    dataset: str = setting(Choice("Data set", "digits", DATASETS, "Data to train and test on."))
    dataset_options: Mapping[str, Any] = field(default_factory=dict)
    test_fraction: float = setting(
        Number("Test fraction", 0.25, 0.0, 0.9, "Fraction of the examples held out for testing.")
    )
    standardize: bool = setting(
        Switch("Standardise", True, "Scale every feature to mean 0 and standard deviation 1.")
    )
    loss: str = setting(Choice("Loss", "cross_entropy", LOSSES, "Loss function to minimise."))
    margin: float = setting(
        Number("Margin Δ", 1.0, 0.01, 100.0, "How far the true class must score above the others.")
    )
    regularizer: str = setting(Choice("Regularizer", "l2", REGULARIZERS, "Penalty on the weights."))
    strength: float = setting(
        Number(
            "Strength λ",
            1e-3,
            0.0,
            1e3,
            "Factor on the penalty in the objective.",
            logarithmic=True,
        )
    )
    l1_ratio: float = setting(Number("L1 ratio ρ", 0.5, 0.0, 1.0, "1 is pure L1, 0 is pure L2."))
    optimizer: str = setting(Choice("Optimizer", "sgd", OPTIMIZERS, "Update rule for the weights."))
    learning_rate: float = setting(
        Number("Learning rate α", 0.1, 1e-8, 1e4, "Step size of the updates.", logarithmic=True)
    )
    momentum: float = setting(
        Number("Momentum β", 0.9, 0.0, 0.9999, "Decay of the velocity (for Adam, β₁).")
    )
    schedule: str = setting(
        Choice("Schedule", "constant", SCHEDULES, "How the learning rate changes during training.")
    )
    batch_size: int = setting(
        Number("Batch size", 32, 1, 1_000_000, "Examples per update.", whole=True, unit="examples")
    )
    epochs: int = setting(
        Number("Epochs", 20, 1, 100_000, "Passes over the training set.", whole=True)
    )
    label_noise: float = setting(
        Number("Label noise", 0.0, 0.0, 0.9, "Fraction of the training labels made wrong.")
    )
    validation: bool = setting(
        Switch(
            "Validation split",
            False,
            "Leave the test set untouched and evaluate on as many examples of the training set.",
        )
    )
    replacement: bool = setting(
        Switch(
            "With replacement", False, "Sample minibatches with replacement instead of by epoch."
        )
    )
    averaging: bool = setting(
        Switch("Weight averaging", False, "Use a running average of the weights as the classifier.")
    )
    stopping: str = setting(
        Choice("Early stopping", "none", STOPPING, "When training may end before the last epoch.")
    )
    tolerance: float = setting(
        Number(
            "Tolerance", 1e-3, 1e-12, 1.0,
            "Early stopping threshold: relative progress, or distance to the optimum.",
            logarithmic=True,
        )
    )  # fmt: skip
    precision: str = setting(
        Choice("Precision", "float64", PRECISIONS, "Floating-point type used for training.")
    )
    evaluations: int = setting(
        Number("Evaluations", 60, 2, 1_000, "Number of points per curve.", whole=True)
    )
    init_scale: float = setting(
        Number("Init scale", 0.0, 0.0, 100.0, "Standard deviation of the initial weights.")
    )
    seed: int = setting(
        Number(
            "Seed",
            0,
            0,
            LARGEST_SEED,
            "Random seed for initial weights and minibatch order.",
            whole=True,
        )
    )
    split_seed: int = setting(
        Number(
            "Split seed",
            0,
            0,
            LARGEST_SEED,
            "Random seed for the data and their split.",
            whole=True,
        )
    )

    def __post_init__(self) -> None:
        for name, declaration in FIELDS.items():
            object.__setattr__(self, name, declaration.check(name, getattr(self, name)))
        object.__setattr__(self, "dataset_options", self._checked_options())
        self._check_split()
        self._check_stopping()
        if not self.full_batch and self.batch_size > self.train_examples:
            raise ValueError(
                f"batch_size must be at most the {self.train_examples} training examples,"
                f" got {self.batch_size}"
            )

    def _checked_options(self) -> Options:
        declared = DATASETS[self.dataset].options
        given = self.dataset_options
        if not isinstance(given, Mapping):
            raise ValueError(f"dataset_options must be a mapping, got {brief(given)}")
        for name in given:
            if name not in declared:
                allowed = ", ".join(declared) or "none"
                raise ValueError(
                    f"dataset_options of {self.dataset} has no option {brief(name)};"
                    f" options: {allowed}"
                )
        return Options(
            {
                name: declaration.check(
                    f"dataset_options.{name}", given.get(name, declaration.default)
                )
                for name, declaration in declared.items()
            }
        )

    def _check_split(self) -> None:
        if self.test_fraction == 0:
            if self.validation:
                raise ValueError("validation needs a test_fraction above 0, got 0")
            return
        size = self.size
        parts = [self.train_examples] if size.test else [self.test_examples, self.train_examples]
        if min(parts) < size.classes:
            raise ValueError(
                "test_fraction must be 0 or leave at least one example of each of the"
                f" {size.classes} classes in {'all three' if self.validation else 'both'} parts"
                f" of the {size.examples} examples, got {self.test_fraction:g}"
            )
        if DATASETS[self.dataset].uploaded:  # built-in data sets have large enough classes
            sizes = UPLOADED.class_sizes(self.dataset_options["data"])
            if sizes is not None and not size.test:
                check_classes(sizes, self.test_examples, validation=self.validation)

    def _check_stopping(self) -> None:
        if not STOPPING[self.stopping].needs_optimum:
            return
        regularizer = regularizer_of(self)
        penalised = regularizer.absolute + regularizer.squared > 0
        why_not = why_not_certified(self.loss, self.regularizer)
        if why_not or not penalised:
            raise ValueError(
                f"stopping must not be {self.stopping}:"
                f" {why_not or 'it needs a penalty with a strength above 0'}"
            )

    @property
    def size(self) -> Size:
        """Number of examples, classes and features of the whole data set."""
        return DATASETS[self.dataset].size(self.dataset_options)

    @property
    def test_examples(self) -> int:
        """Number of test examples: the data's own, or a fraction rounded up as in scikit-learn."""
        if self.size.test and self.test_fraction:
            return self.size.test
        return math.ceil(self.size.examples * self.test_fraction)

    @property
    def train_examples(self) -> int:
        """Number of training examples, without the test set and the validation set."""
        held_out = 2 if self.validation else 1
        return self.size.examples - held_out * self.test_examples

    @property
    def full_batch(self) -> bool:
        """Whether every update uses all training examples."""
        return OPTIMIZERS[self.optimizer].full_batch

    @property
    def examples_per_update(self) -> int:
        """Examples in a minibatch; the last minibatch of an epoch may be smaller."""
        return self.train_examples if self.full_batch else self.batch_size

    @property
    def updates_per_epoch(self) -> int:
        """Number of updates per epoch."""
        return math.ceil(self.train_examples / self.examples_per_update)

    @property
    def updates(self) -> int:
        """Total number of updates."""
        return self.epochs * self.updates_per_epoch

    def gradient_evaluations(self, updates: Updates) -> Updates:
        """Number of per-example gradients computed after so many updates, or after each of many."""
        epochs, rest = divmod(updates, self.updates_per_epoch)
        return epochs * self.train_examples + rest * self.examples_per_update

    @property
    def settings(self) -> dict[str, Any]:
        """The fields that affect the run, in their declared order.

        Fields that the chosen loss, regularizer and optimizer do not use are left out: the margin
        for cross-entropy, the batch size for full-batch descent, the strength without a penalty.
        """
        ignored = self.inactive_fields
        ignored |= {name for name in ADDED_SETTINGS if getattr(self, name) == FIELDS[name].default}
        named = {name: getattr(self, name) for name in NAMES if name not in ignored}
        named["dataset_options"] = {
            name: value
            for name, value in self.dataset_options.items()
            if ADDED_OPTIONS.get((self.dataset, name)) != value
        }
        return named

    @property
    def inactive_fields(self) -> set[str]:
        """The fields that the chosen loss, regularizer and optimizer do not use."""
        ignored = {*LOSS_SETTINGS, *PENALTY_SETTINGS, *RULE_SETTINGS}
        for entry in (
            LOSSES[self.loss],
            REGULARIZERS[self.regularizer],
            OPTIMIZERS[self.optimizer],
        ):
            ignored -= parameter_names(entry)
        if self.full_batch:
            ignored |= {"batch_size", "replacement"}
        if self.stopping == "none":
            ignored.add("tolerance")
        return ignored

    @property
    def id(self) -> str:
        """16 hexadecimal digits: a hash of the settings, the same on every machine."""
        text = json.dumps(self.settings, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def data_key(self) -> tuple[Any, ...]:
        """Equal for experiments on the same examples in the same order."""
        return tuple(getattr(self, name) for name in DATA_SETTINGS)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed.

        A new data set without options starts from its defaults.
        """
        if changes.get("dataset", self.dataset) != self.dataset:
            changes.setdefault("dataset_options", {})
        return replace(self, **changes)

    but = replace  # the old name, which existing scripts use

    def to_json(self) -> str:
        """All fields as a JSON object; `from_json` reads it back."""
        values = {name: getattr(self, name) for name in NAMES}
        return json.dumps(values | {"dataset_options": dict(self.dataset_options)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read an experiment written by `to_json`; ValueError for anything else."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:  # also for very long numbers
            raise ValueError(f"experiment is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise ValueError(f"experiment must be a JSON object, got {brief(values)}")
        unknown = sorted(set(values) - {*NAMES})
        if unknown:
            raise ValueError(f"experiment has no field {', '.join(unknown)[:LONGEST_SHOWN]}")
        return cls(**values)


FIELDS: dict[str, Field] = {
    f.name: f.metadata["declaration"] for f in fields(Experiment) if "declaration" in f.metadata
}
"""The declaration of every field except `dataset_options`, which `DATASETS` declares."""
NAMES = tuple(f.name for f in fields(Experiment))
"""The names of all fields."""


def loss_of(experiment: Experiment) -> Loss:
    """The experiment's loss, with its margin if it has one."""
    return _with_settings(LOSSES[experiment.loss], experiment)


def regularizer_of(experiment: Experiment) -> Regularizer:
    """The experiment's penalty with its strength."""
    return _with_settings(REGULARIZERS[experiment.regularizer], experiment)


def optimizer_of(experiment: Experiment) -> Optimizer:
    """The experiment's optimizer with its settings."""
    return _with_settings(OPTIMIZERS[experiment.optimizer], experiment)


def _with_settings(entry: type[Entry], experiment: Experiment) -> Entry:
    return entry(**{name: getattr(experiment, name) for name in parameter_names(entry)})


def parameter_names(entry: type[Any]) -> set[str]:
    """The settings that a registry entry uses: the fields of its dataclass."""
    return {*entry.__match_args__}  # its field names, ten times faster than fields()
