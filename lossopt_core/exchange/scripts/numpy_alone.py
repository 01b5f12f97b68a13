"""One run as a script in which NumPy alone does the training, to be read beside the lecture.

Data sets of scikit-learn come from its loaders, and are split and standardised by it.
"""

from textwrap import indent

from lossopt_core.exchange.scripts import snippets
from lossopt_core.experiment.description import FIELDS, Experiment, parameter_names
from lossopt_core.objective.losses import LOSSES
from lossopt_core.objective.regularizers import REGULARIZERS
from lossopt_core.optim.optimizers import OPTIMIZERS
from lossopt_core.training.cohort import LEANING
from lossopt_core.training.loop import DIVERGED_AT, LEAST_CROWDING, crowding

MOST_LINES = 40
LENGTHENING = (
    "dataset", "regularizer", "optimizer", "schedule", "label_noise", "averaging", "init_scale",
)  # fmt: skip
"""Settings that cost lines where they are not the default."""

SCRIPT = '''\
# {title}
import numpy as np
{tools}
{settings}{data}

def objective(W, X, y):
    """The objective at W (classes, features) and the gradient{of_what}."""
    scores, true = W @ X.T, (y, np.arange(len(y)))  # (classes, examples), and the true classes
{loss}    gradient = slopes @ X / len(y)
{penalty}    return losses.mean(){charge}, gradient


{start}limit = {many} * objective(W, X, y)[0]  # what is beyond it has diverged
checkpoints = {checkpoints}
{batches}{loop}
{step}    if not value <= limit or (update in checkpoints and not objective({W}, X, y)[0] <= limit):
        break
print("objective", objective({W}, X, y)[0])
'''


def with_numpy(experiment: Experiment) -> str:
    """A script of at most 40 lines that makes the same training with NumPy alone.

    Its final objective is that of the run, to 1e-12, wherever a training does not blow up the
    rounding of its numbers.

    ValueError for early stopping, for single precision, and for an experiment that asks for so
    much at once that it takes more lines.
    """
    _check(experiment)
    penalty = snippets.REGULARIZERS[experiment.regularizer]
    parts = {
        "title": _title(experiment),
        "tools": _tools(experiment),
        "settings": _settings(experiment),
        "data": _data(experiment),
        "of_what": " of its smooth part" if penalty.proximal else "",
        "loss": indent(snippets.LOSSES[experiment.loss], "    "),
        "penalty": indent(penalty.lines, "    "),
        "charge": penalty.value,
        "start": _start(experiment),
        "many": f"{DIVERGED_AT:_.0f}",
        "checkpoints": _checkpoints(experiment),
        "batches": _batches(experiment),
        "loop": _loop(experiment),
        "step": indent(_step(experiment), "    "),
        "W": _classifier(experiment),
    }
    script = SCRIPT.format(**parts)
    lines = script.count("\n")
    if lines > MOST_LINES:
        special = [n for n in LENGTHENING if getattr(experiment, n) != FIELDS[n].default]
        raise ValueError(
            f"a script with NumPy alone cannot have more than {MOST_LINES} lines, and this run"
            f" takes {lines}; the default of {' or '.join(special)} may make it shorter"
        )
    return script


def _check(experiment: Experiment) -> None:
    if experiment.stopping != FIELDS["stopping"].default:
        raise ValueError(
            "a script with NumPy alone cannot stop early: stopping must be"
            f" {FIELDS['stopping'].default}, got {experiment.stopping}"
        )
    if experiment.validation:
        raise ValueError("a script with NumPy alone cannot validate: validation must be false")
    if experiment.precision != FIELDS["precision"].default:
        raise ValueError(
            "a script with NumPy alone cannot repeat the rounding of other numbers: precision"
            f" must be {FIELDS['precision'].default}, got {experiment.precision}"
        )


def _title(experiment: Experiment) -> str:
    """What is trained, in one line."""
    loss, penalty = LOSSES[experiment.loss].label, REGULARIZERS[experiment.regularizer].label
    rule = OPTIMIZERS[experiment.optimizer].label
    return f"{loss} loss, penalty {penalty}, {rule}: the run {experiment.id} of lossopt"


def _tools(experiment: Experiment) -> str:
    """The parts of scikit-learn that the data need."""
    needed = {
        "datasets": "datasets." in snippets.DATASETS[experiment.dataset],
        "model_selection": experiment.test_fraction > 0,
        "preprocessing": experiment.standardize,
    }
    names = ", ".join(name for name, is_needed in needed.items() if is_needed)
    return f"from sklearn import {names}\n" if names else ""


def _settings(experiment: Experiment) -> str:
    """The numbers that the chosen entries look at, by their names."""
    rate = "rate" if experiment.schedule == "constant" else "learning_rate"
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
    by_weight = snippets.REGULARIZERS[experiment.regularizer].by_weight
    return text + by_weight.format(columns=features + 1, bias=features)


def _data(experiment: Experiment) -> str:
    """X, y: the training part, ready to be trained on."""
    seed = experiment.split_seed
    load = snippets.DATASETS[experiment.dataset]
    options = {name: repr(value) for name, value in experiment.dataset_options.items()}
    text = load.format(**options, dataset=experiment.dataset, split_seed=seed)
    if experiment.test_fraction > 0:
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


def _start(experiment: Experiment) -> str:
    """Weights, and 0 for all that an update remembers."""
    classes, features = experiment.size.classes, experiment.size.features
    start = f"np.zeros(({classes}, {features + 1}))"
    if experiment.init_scale > 0:
        normal = f"np.random.default_rng([{experiment.seed}, 0]).standard_normal"
        weights = f"{normal}(({classes}, {features}))"
        start = f"{experiment.init_scale!r} * np.c_[{weights}, np.zeros({classes})]"
    memory = [*snippets.OPTIMIZERS[experiment.optimizer].memory]
    memory += ["mean"] * experiment.averaging
    return f"{', '.join(['W', *memory])} = {start}{', 0' * len(memory)}\n"


def _checkpoints(experiment: Experiment) -> str:
    """After which updates the whole objective is looked at."""
    updates, points = experiment.updates, experiment.evaluations - 1
    if updates <= points:
        return f"range({updates + 1})"
    power = crowding(updates, points, LEAST_CROWDING)
    return f"set(np.round({updates} * (np.arange({points + 1}) / {points}) ** {power!r}))"


def _batches(experiment: Experiment) -> str:
    """The minibatches, in their order."""
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


def _step(experiment: Experiment) -> str:
    """One update."""
    text = "value, gradient = objective(W, X[batch], y[batch])\n"
    if experiment.full_batch:
        text = "value, gradient = objective(W, X, y)\n"
    text += snippets.SCHEDULES[experiment.schedule].format(updates=experiment.updates)
    rule = snippets.OPTIMIZERS[experiment.optimizer]
    text += rule.proximal if snippets.REGULARIZERS[experiment.regularizer].proximal else rule.update
    if experiment.averaging:
        text += f"mean = mean + {LEANING + 1} / (update + {LEANING}) * (W - mean)\n"
    return text


def _classifier(experiment: Experiment) -> str:
    return "mean" if experiment.averaging else "W"
