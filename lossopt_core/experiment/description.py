"""An experiment: everything that determines a run, and nothing else."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, Self, TypeVar

from lossopt_core.data.datasets import BROUGHT, DATASETS, Size
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
from lossopt_core.objective.losses import LOSS_SETTINGS, LOSSES, Loss
from lossopt_core.objective.regularizers import PENALTY_SETTINGS, REGULARIZERS, Regularizer
from lossopt_core.optim.optimizers import OPTIMIZERS, RULE_SETTINGS, Optimizer
from lossopt_core.optim.schedules import SCHEDULES
from lossopt_core.optim.stopping import STOPPING

LARGEST_SEED = 2**32 - 1
Entry = TypeVar("Entry")


DATA_SETTINGS = (
    "dataset",
    "dataset_options",
    "test_fraction",
    "standardize",
    "split_seed",
    "label_noise",
    "validation",
)
"""What determines the data: equal values, equal examples in equal order."""
ADDED_SETTINGS = (
    "label_noise", "replacement", "averaging", "stopping", "precision", "validation",
)  # fmt: skip
"""Settings that came later; at their defaults they have no say, so that older ids stay."""


class Options(Mapping[str, Any]):
    """The options of a data set: a dictionary that cannot change and can be hashed."""

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
    """A dataclass field with the declaration's default, checked by the declaration."""
    default = declaration.default
    if isinstance(declaration, Number) and declaration.whole:
        default = int(default)
    return field(default=default, metadata={"declaration": declaration})


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One training of one linear classifier, fully described.

    Equal experiments give equal runs.  Every field is checked at birth; a bad value raises
    one ValueError that names the field, the value and what is allowed.  `FIELDS` lists the
    ranges.
    """

    dataset: str = setting(
        Choice("Data set", "digits", DATASETS, "What the classifier learns to tell apart.")
    )
    dataset_options: Mapping[str, Any] = field(default_factory=dict)
    test_fraction: float = setting(
        Number("Test share", 0.25, 0.0, 0.9, "Share of the examples kept aside for testing.")
    )
    standardize: bool = setting(
        Switch("Standardise", True, "Give every feature mean 0 and standard deviation 1.")
    )
    loss: str = setting(
        Choice("Loss", "cross_entropy", LOSSES, "What the classifier is punished for.")
    )
    margin: float = setting(
        Number("Margin Δ", 1.0, 0.01, 100.0, "By how much the true class must win.")
    )
    regularizer: str = setting(
        Choice("Regularizer", "l2", REGULARIZERS, "What large weights are charged.")
    )
    strength: float = setting(
        Number("Strength λ", 1e-3, 0.0, 1e3, "Weight of the penalty.", logarithmic=True)
    )
    l1_ratio: float = setting(Number("L1 share ρ", 0.5, 0.0, 1.0, "1 is L1 alone, 0 is L2 alone."))
    optimizer: str = setting(
        Choice("Optimizer", "sgd", OPTIMIZERS, "How the weights follow the gradient.")
    )
    learning_rate: float = setting(
        Number("Learning rate α", 0.1, 1e-8, 1e4, "Length of a step.", logarithmic=True)
    )
    momentum: float = setting(
        Number("Momentum β", 0.9, 0.0, 0.9999, "Share of the velocity kept (Adam: its β₁).")
    )
    schedule: str = setting(
        Choice("Schedule", "constant", SCHEDULES, "How the learning rate changes over time.")
    )
    batch_size: int = setting(
        Number("Batch size", 32, 1, 1_000_000, "Examples a step.", whole=True, unit="examples")
    )
    epochs: int = setting(
        Number("Epochs", 20, 1, 100_000, "Passes over the training examples.", whole=True)
    )
    label_noise: float = setting(
        Number("Label noise", 0.0, 0.0, 0.9, "Share of the training labels made wrong.")
    )
    validation: bool = setting(
        Switch(
            "Validate",
            False,
            "Set the test part aside, and test on as many of the training examples instead.",
        )
    )
    replacement: bool = setting(
        Switch("With replacement", False, "Draw each minibatch from all examples, not epoch-wise.")
    )
    averaging: bool = setting(
        Switch("Average the weights", False, "The classifier is a running mean of the weights.")
    )
    stopping: str = setting(
        Choice("Stop early", "none", STOPPING, "When a training may end before its last epoch.")
    )
    tolerance: float = setting(
        Number(
            "Tolerance", 1e-3, 1e-12, 1.0,
            "Relative progress, or distance to the optimum, at which it ends.", logarithmic=True,
        )
    )  # fmt: skip
    precision: str = setting(
        Choice("Precision", "float64", PRECISIONS, "The numbers that training computes with.")
    )
    evaluations: int = setting(
        Number("Evaluations", 60, 2, 1_000, "Points on the curves.", whole=True)
    )
    init_scale: float = setting(
        Number("Start scale", 0.0, 0.0, 100.0, "Standard deviation of the weights at the start.")
    )
    seed: int = setting(
        Number("Seed", 0, 0, LARGEST_SEED, "Fixes start and order of the minibatches.", whole=True)
    )
    split_seed: int = setting(
        Number("Split seed", 0, 0, LARGEST_SEED, "Fixes the data and their split.", whole=True)
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
                allowed = ", ".join(declared) or "no options at all"
                raise ValueError(
                    f"dataset_options of {self.dataset} may hold {allowed}; got {brief(name)}"
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
        if min(self.test_examples, self.train_examples) < size.classes:
            raise ValueError(
                f"test_fraction must leave at least one of {size.examples} examples of each of"
                f" {size.classes} classes on {'all three' if self.validation else 'both'} sides,"
                f" or be 0, got {self.test_fraction:g}"
            )
        if DATASETS[self.dataset].brought:  # the classes of all others are large enough
            sizes = BROUGHT.class_sizes(self.dataset_options["data"])
            if sizes is not None:
                check_classes(sizes, self.test_examples, validation=self.validation)

    def _check_stopping(self) -> None:
        if not STOPPING[self.stopping].needs_optimum:
            return
        regularizer = regularizer_of(self)
        penalised = regularizer.absolute + regularizer.squared > 0
        why_not = why_not_certified(self.loss, self.regularizer)
        if why_not or not penalised:
            raise ValueError(
                f"stopping must not be {self.stopping} here:"
                f" {why_not or 'it needs a penalty with a strength above 0'}"
            )

    @property
    def size(self) -> Size:
        """Examples, classes and features of the whole data set."""
        return DATASETS[self.dataset].size(self.dataset_options)

    @property
    def test_examples(self) -> int:
        """How many examples it is tested on (a share, rounded up, as scikit-learn does)."""
        return math.ceil(self.size.examples * self.test_fraction)

    @property
    def train_examples(self) -> int:
        """How many examples are trained on; where it validates, test examples are set aside."""
        held_out = 2 if self.validation else 1
        return self.size.examples - held_out * self.test_examples

    @property
    def full_batch(self) -> bool:
        """Whether every update sees all training examples."""
        return OPTIMIZERS[self.optimizer].full_batch

    @property
    def examples_per_update(self) -> int:
        """Examples in a minibatch; the last one of an epoch may be smaller."""
        return self.train_examples if self.full_batch else self.batch_size

    @property
    def updates_per_epoch(self) -> int:
        """Updates in one pass over the training examples."""
        return math.ceil(self.train_examples / self.examples_per_update)

    @property
    def updates(self) -> int:
        """Updates in the whole training."""
        return self.epochs * self.updates_per_epoch

    def gradient_evaluations(self, updates: int) -> int:
        """Examples whose gradient has been taken after so many updates."""
        epochs, rest = divmod(updates, self.updates_per_epoch)
        return epochs * self.train_examples + rest * self.examples_per_update

    @property
    def settings(self) -> dict[str, Any]:
        """The fields that have a say in the run, in the order of thinking.

        Left out is what the chosen entries do not look at: the margin under cross-entropy,
        the batch size of full-batch descent, the strength of no penalty.
        """
        ignored = self.inactive_fields
        ignored |= {name for name in ADDED_SETTINGS if getattr(self, name) == FIELDS[name].default}
        named = {name: getattr(self, name) for name in NAMES if name not in ignored}
        named["dataset_options"] = dict(self.dataset_options)
        return named

    @property
    def inactive_fields(self) -> set[str]:
        """The fields that the chosen entries do not look at."""
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
        """16 hexadecimal digits; equal wherever and whenever equal settings are written."""
        text = json.dumps(self.settings, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def data_key(self) -> tuple[Any, ...]:
        """What determines the data: equal keys, equal examples in equal order."""
        return tuple(getattr(self, name) for name in DATA_SETTINGS)

    def replace(self, **changes: Any) -> Self:
        """The same experiment with some fields changed.

        Options that only the old data set knows are dropped with it.
        """
        if changes.get("dataset", self.dataset) != self.dataset:
            changes.setdefault("dataset_options", {})
        return replace(self, **changes)

    but = replace  # its first name, which scripts of other people use

    def to_json(self) -> str:
        """All fields as a JSON object; `from_json` gives an equal experiment back."""
        values = {name: getattr(self, name) for name in NAMES}
        return json.dumps(values | {"dataset_options": dict(self.dataset_options)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The experiment that `to_json` wrote; ValueError for anything else."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:  # also a number of thousands of digits
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
"""The declaration of every field but `dataset_options`, which `DATASETS` declares."""
NAMES = tuple(f.name for f in fields(Experiment))
"""Every field."""


def loss_of(experiment: Experiment) -> Loss:
    """The experiment's loss with its margin, where it has one."""
    return _with_settings(LOSSES[experiment.loss], experiment)


def regularizer_of(experiment: Experiment) -> Regularizer:
    """The experiment's penalty with its strength."""
    return _with_settings(REGULARIZERS[experiment.regularizer], experiment)


def optimizer_of(experiment: Experiment) -> Optimizer:
    """The experiment's update rule with its own settings."""
    return _with_settings(OPTIMIZERS[experiment.optimizer], experiment)


def _with_settings(entry: type[Entry], experiment: Experiment) -> Entry:
    return entry(**{name: getattr(experiment, name) for name in parameter_names(entry)})


def parameter_names(entry: type[Any]) -> set[str]:
    """The settings that a registry's entry looks at: what its dataclass is made with."""
    return {*entry.__match_args__}  # the names of its fields, in a tenth of the time of fields()


def differing_settings(experiments: list[Experiment]) -> list[str]:
    """Names of the settings that are not the same in all experiments, options written out."""
    tables = [flat_settings(experiment) for experiment in experiments]
    names = list(dict.fromkeys(name for table in tables for name in table))
    missing = object()
    return [name for name in names if len({table.get(name, missing) for table in tables}) > 1]


def telling_settings(experiments: list[Experiment]) -> list[str]:
    """Those of the differing settings that say more than the others do.

    A margin of 1 that only hinge has says nothing beside the names of the losses: it has one
    value, its default, wherever it has a say.  The size of its batches is what SGD is known by.
    """
    tables = [flat_settings(experiment) for experiment in experiments]

    def tells(name: str) -> bool:
        values = {table[name] for table in tables if name in table}
        return len(values) > 1 or name == "batch_size" or values != {_default(name)}

    return [name for name in differing_settings(experiments) if tells(name)]


def _default(name: str) -> Any:
    dataset, _, option = name.rpartition(".")
    return (DATASETS[dataset].options[option] if dataset else FIELDS[name]).default


def unequal_settings(
    first: Sequence[Experiment], second: Sequence[Experiment]
) -> dict[str, tuple[list[Any], list[Any]]]:
    """Settings that have a say in both groups, where their values' shares of the runs differ.

    By their names the values of each group.  A mean over one group is then one over other
    settings than a mean over the other group.
    """
    tables = [[_with_defaults(each) for each in group] for group in (first, second)]
    found = {}
    for name in dict.fromkeys(name for group in tables for table in group for name in table):
        ours, theirs = (Counter(t[name] for t in group if name in t) for group in tables)
        if ours and theirs and _shares(ours) != _shares(theirs):
            found[name] = (sorted(ours), sorted(theirs))
    return found


def _shares(counts: Counter[Any]) -> dict[Any, Fraction]:
    return {value: Fraction(count, counts.total()) for value, count in counts.items()}


def _with_defaults(experiment: Experiment) -> dict[str, Any]:
    """The flat settings and those that came later, which are left out of them at their defaults."""
    later = {*ADDED_SETTINGS} - experiment.inactive_fields
    return flat_settings(experiment) | {name: getattr(experiment, name) for name in later}


def declared_settings() -> dict[str, Field]:
    """Every setting there is, in the order of thinking; options as `blobs.spread`."""
    options: dict[str, Field] = {
        f"{dataset}.{name}": declaration
        for dataset, entry in DATASETS.items()
        for name, declaration in entry.options.items()
    }
    ordered: dict[str, Field] = {}
    for each in fields(Experiment):
        ordered |= options if each.name == "dataset_options" else {each.name: FIELDS[each.name]}
    return ordered


def flat_settings(experiment: Experiment) -> dict[str, Any]:
    """Settings with the data set's options as fields of their own, `blobs.spread` for one."""
    flat: dict[str, Any] = {}
    for name, value in experiment.settings.items():
        if name == "dataset_options":
            flat |= {f"{experiment.dataset}.{option}": each for option, each in value.items()}
        else:
            flat[name] = value
    return flat
