"""Scripts that train one run with NumPy only, in the notation of the lecture.

scikit-learn loads its own data sets, and splits and standardises the data.  The lines
of each loss, penalty, rule, schedule and data set are its `numpy_code`.  Names are those of the
lecture:

    W        (classes, features)     weights; the last column is the bias
    X        (examples, features)    examples; the last feature is always 1
    y        (examples,)             the true classes
    scores   (classes, examples)     W X
    true     an index of the true classes' scores
    losses   (examples,)             the loss of each example
    slopes   (classes, examples)     its derivative with respect to the scores
"""

from dataclasses import dataclass
from textwrap import indent
from typing import Any, Self

from lossopt_core.data.datasets import DATASETS
from lossopt_core.experiment.description import FIELDS, Experiment, parameter_names
from lossopt_core.objective.losses import LOSSES
from lossopt_core.objective.regularizers import REGULARIZERS, PenaltyCode
from lossopt_core.optim.optimizers import OPTIMIZERS, UpdateCode
from lossopt_core.optim.schedules import SCHEDULES
from lossopt_core.plugins.registry import Registry
from lossopt_core.training.cohort import AVERAGING_POWER
from lossopt_core.training.loop import DIVERGED_AT
from lossopt_core.training.points import MIN_POWER, spacing_power

MAX_LINES = 40
LENGTHENING = (
    "dataset", "regularizer", "optimizer", "schedule", "label_noise", "averaging", "init_scale",
)  # fmt: skip
"""Settings that add lines if they are not at their defaults."""

SCRIPT = '''\
# {title}
import numpy as np
{tools}
{settings}{data}

def objective(W, X, y):
    """The objective at W (classes, features) and {of_what}."""
    scores, true = W @ X.T, (y, np.arange(len(y)))  # (classes, examples), and true indices
{loss}    gradient = slopes @ X / len(y)
{penalty}    return losses.mean(){charge}, gradient


{start}limit = {many} * objective(W, X, y)[0]  # beyond it, training has diverged
checkpoints = {checkpoints}
{batches}{loop}
{step}    if not value <= limit or (update in checkpoints and not objective({W}, X, y)[0] <= limit):
        break
print("objective", objective({W}, X, y)[0])
'''


def with_numpy(experiment: Experiment) -> str:
    """A script of at most 40 lines that repeats a training with NumPy only.

    Its final objective agrees with the run to 1e-12, unless training amplifies rounding errors.

    ValueError for early stopping, validation, float32, plug-ins without NumPy code, and
    experiments that need more lines.
    """
    _check(experiment)
    code = Code.of(experiment)
    penalty = code.penalty
    parts = {
        "title": _title(experiment),
        "tools": _tools(experiment, code),
        "settings": _settings(experiment, code),
        "data": _data(experiment, code),
        "of_what": "the gradient of its smooth part" if penalty.proximal else "its gradient",
        "loss": indent(code.loss, "    "),
        "penalty": indent(penalty.lines, "    "),
        "charge": penalty.value,
        "start": _start(experiment, code),
        "many": f"{DIVERGED_AT:_.0f}",
        "checkpoints": _checkpoints(experiment),
        "batches": _batches(experiment),
        "loop": _loop(experiment),
        "step": indent(_step(experiment, code), "    "),
        "W": _classifier(experiment),
    }
    script = SCRIPT.format(**parts)
    lines = script.count("\n")
    if lines > MAX_LINES:
        special = [n for n in LENGTHENING if getattr(experiment, n) != FIELDS[n].default]
        raise ValueError(
            f"a NumPy script has at most {MAX_LINES} lines, but this run needs {lines}; use the"
            f" default of {' or '.join(special)} to shorten it"
        )
    return script


@dataclass(frozen=True)
class Code:
    """The NumPy code of an experiment's registry entries."""

    dataset: str
    loss: str
    penalty: PenaltyCode
    rule: UpdateCode
    schedule: str

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The code for an experiment; ValueError names an entry without NumPy code."""
        return cls(
            _numpy_code(DATASETS, experiment.dataset),
            _numpy_code(LOSSES, experiment.loss),
            _numpy_code(REGULARIZERS, experiment.regularizer),
            _numpy_code(OPTIMIZERS, experiment.optimizer),
            _numpy_code(SCHEDULES, experiment.schedule),
        )


def _numpy_code(registry: Registry[Any], name: str) -> Any:
    entry = registry[name]
    if entry.numpy_code is None:
        raise ValueError(
            f"a NumPy script is not possible: the {registry.kind} {entry.label} has no NumPy code;"
            " use the script with lossopt_core"
        )
    return entry.numpy_code


def filled(code: str, **values: Any) -> str:
    """Fill in the names in braces; ValueError for unknown names."""
    try:
        return code.format(**values)
    except (LookupError, ValueError):
        allowed = ", ".join(f"{{{name}}}" for name in values)
        raise ValueError(
            "a NumPy script is not possible: the NumPy code of a plug-in may only have"
            f" {allowed} in single braces"
        ) from None


def _check(experiment: Experiment) -> None:
    if experiment.stopping != FIELDS["stopping"].default:
        raise ValueError(
            "a NumPy script does not support early stopping: stopping must be"
            f" {FIELDS['stopping'].default}, got {experiment.stopping}"
        )
    if experiment.validation:
        raise ValueError("a NumPy script needs validation=False")
    if experiment.precision != FIELDS["precision"].default:
        raise ValueError(
            "a NumPy script does not support other precisions: precision must be"
            f" {FIELDS['precision'].default}, got {experiment.precision}"
        )


def _title(experiment: Experiment) -> str:
    """A one-line title."""
    loss, penalty = LOSSES[experiment.loss].label, REGULARIZERS[experiment.regularizer].label
    rule = OPTIMIZERS[experiment.optimizer].label
    return f"{loss} loss, penalty {penalty}, {rule}: the run {experiment.id} of lossopt"


def _tools(experiment: Experiment, code: Code) -> str:
    """Imports from scikit-learn that the data need."""
    needed = {
        "datasets": "datasets." in code.dataset,
        "model_selection": experiment.test_fraction > 0,
        "preprocessing": experiment.standardize,
    }
    names = ", ".join(name for name, is_needed in needed.items() if is_needed)
    return f"from sklearn import {names}\n" if names else ""


def _settings(experiment: Experiment, code: Code) -> str:
    """Assignments of the numeric settings that are used."""
    rate = "rate" if code.schedule == "" else "learning_rate"
    entries = (
        LOSSES[experiment.loss],
        REGULARIZERS[experiment.regularizer],
        OPTIMIZERS[experiment.optimizer],
    )
    used = {name for entry in entries for name in parameter_names(entry)}
    values = {name: getattr(experiment, name) for name in FIELDS if name in used}
    values[rate] = experiment.learning_rate
    text = f"{', '.join(values)} = {', '.join(map(repr, values.values()))}\n"
    features = experiment.size.features
    return text + filled(code.penalty.by_weight, columns=features + 1, bias=features)


def _data(experiment: Experiment, code: Code) -> str:
    """Code for X and y: the prepared training set."""
    seed = experiment.split_seed
    options = {name: repr(value) for name, value in experiment.dataset_options.items()}
    text = filled(code.dataset, **options, split_seed=seed)
    if experiment.test_fraction > 0 and experiment.size.test:
        text += 'X, y = X[~own["test"]], y[~own["test"]]\n'
    elif experiment.test_fraction > 0:
        share = experiment.test_fraction
        text += (
            f"X, _, y, _ = model_selection.train_test_split(X, y, test_size={share!r},"
            f" stratify=y, random_state={seed})\n"
        )
    if experiment.label_noise > 0:
        count = round(experiment.label_noise * experiment.train_examples)
        classes = experiment.size.classes
        text += (
            f"wrong = (random := np.random.default_rng([{seed}, 2])).permutation(len(y))"
            f"[:{count}]\n"
            f"y[wrong] = (y[wrong] + random.integers(1, {classes}, {count})) % {classes}\n"
        )
    features = "preprocessing.StandardScaler().fit_transform(X)" if experiment.standardize else "X"
    return f"{text}X = np.c_[{features}, np.ones(len(X))]  # for the bias\n"


def _start(experiment: Experiment, code: Code) -> str:
    """Initial weights and optimizer states (0)."""
    classes, features = experiment.size.classes, experiment.size.features
    start = f"np.zeros(({classes}, {features + 1}))"
    if experiment.init_scale > 0:
        normal = f"np.random.default_rng([{experiment.seed}, 0]).standard_normal"
        weights = f"{normal}(({classes}, {features}))"
        start = f"{experiment.init_scale!r} * np.c_[{weights}, np.zeros({classes})]"
    memory = [*code.rule.memory]
    memory += ["mean"] * experiment.averaging
    return f"{', '.join(['W', *memory])} = {start}{', 0' * len(memory)}\n"


def _checkpoints(experiment: Experiment) -> str:
    """The updates at which the full objective is evaluated."""
    updates, points = experiment.updates, experiment.evaluations - 1
    if updates <= points:
        return f"range({updates + 1})"
    power = spacing_power(updates, points, MIN_POWER)
    return f"set(np.round({updates} * (np.arange({points + 1}) / {points}) ** {power!r}))"


def _batches(experiment: Experiment) -> str:
    """Code for the minibatches, in the same order as in training."""
    if experiment.full_batch:
        return ""
    draw = "integers(0, len(X), len(X))" if experiment.replacement else "permutation(len(X))"
    size = experiment.batch_size
    return (
        f"random = np.random.default_rng([{experiment.seed}, 1])\n"
        f"orders = (random.{draw} for epoch in range({experiment.epochs}))\n"
        f"batches = (order[i : i + {size}] for order in orders for i in range(0, len(X), {size}))\n"
    )


def _loop(experiment: Experiment) -> str:
    if experiment.full_batch:
        return f"for update in range(1, {experiment.updates + 1}):"
    return "for update, batch in enumerate(batches, 1):"


def _step(experiment: Experiment, code: Code) -> str:
    """Code for one update."""
    text = "value, gradient = objective(W, X[batch], y[batch])\n"
    if experiment.full_batch:
        text = "value, gradient = objective(W, X, y)\n"
    text += filled(code.schedule, updates=experiment.updates)
    text += code.rule.proximal if code.penalty.proximal else code.rule.update
    if experiment.averaging:
        text += f"mean = mean + {AVERAGING_POWER + 1} / (update + {AVERAGING_POWER}) * (W - mean)\n"
    return text


def _classifier(experiment: Experiment) -> str:
    return "mean" if experiment.averaging else "W"
