"""What the names that programs give to steps, runs and metrics mean.

Names are split into words: "trainLoss", "train/loss" and "train_loss" are the same.  A metric is
a loss, an accuracy or an error rate, measured on training or validation data, or on data that the
name does not tell.
"""

import re
import unicodedata
from dataclasses import dataclass

STEPS = {
    "update": "update",
    "updates": "update",
    "step": "update",
    "steps": "update",
    "global_step": "update",
    "trainer_global_step": "update",
    "time_total_timesteps": "update",
    "total_timesteps": "update",
    "num_timesteps": "update",
    "timesteps": "update",
    "iteration": "update",
    "iterations": "update",
    "iter": "update",
    "iters": "update",
    "n_iter": "update",
    "num_iters": "update",
    "num_iter": "update",
    "batch": "update",
    "round": "update",
    "boosting_round": "update",
    "schritt": "update",
    "schritte": "update",
    "pas": "update",
    "paso": "update",
    "passo": "update",
    "time_iterations": "update",
    "gradient_evaluations": "gradient_evaluations",
    "epoch": "epoch",
    "epochs": "epoch",
    "epoche": "epoch",
    "epochen": "epoch",
    "epoque": "epoch",
    "epoca": "epoch",
    "relative_time_process": "update",
    "relative_time_wall": "update",
}
"""Names of step columns, likeliest first, and the x-axis they correspond to."""
SECONDS = frozenset({"relative_time_process", "relative_time_wall"})
RUNS = (
    "id", "run_id", "run", "run_name", "experiment", "experiment_id", "experiment_name", "trial",
    "trial_id", "seed", "fold", "rep", "repeat", "replicate", "replica", "model", "model_id",
    "exp", "exp_id", "cv", "job", "job_id", "version",
)  # fmt: skip
METRIC_NAMES = ("metric", "metric_name", "key", "tag", "variable", "measure", "metrics")
METRIC_VALUES = ("value", "metric_value", "values", "val", "wert")
PHASES = ("phase", "split", "stage", "mode", "subset", "set", "part", "dataset", "partition",
          "data")  # fmt: skip

TRAIN = frozenset({"train", "training", "trn", "tr", "learn"})
VALIDATION = frozenset(
    {"val", "valid", "validation", "eval", "evaluation", "dev", "holdout", "validate", "validating",
     "vld", "va", "evaluate", "validierung", "validacion", "validazione"}
)  # fmt: skip
TEST = frozenset({"test", "testing", "tst"})
LOSSES = frozenset(
    {"loss", "losses", "cost", "nll", "logloss", "mlogloss", "xent", "crossentropy", "objective",
     "verlust", "perte", "perdida", "perdita", "perda"}
)  # fmt: skip
ACCURACIES = frozenset(
    {"acc", "accuracy", "top1", "acc1", "genauigkeit", "exactitud", "exactitude", "accuratezza",
     "acuracia"}
)  # fmt: skip
ERRORS = frozenset({"err", "error", "merror", "errors"})
TIMES = frozenset(
    {"time", "wall", "timestamp", "hours", "minutes", "seconds", "elapsed", "runtime", "duration",
     "walltime", "eta", "date", "datetime"}
)  # fmt: skip
DERIVED = frozenset({"best", "min", "max", "ema", "smooth", "smoothed", "std", "var", "last"})
OTHER = frozenset(
    {"absolute", "squared", "abs", "mae", "mse", "top5", "acc5", "top3", "scale", "weight",
     "balanced", "stderr"}
)  # fmt: skip
NOISE = frozenset(
    {"epoch", "step", "metrics", "metric", "multi", "binary", "cross", "entropy", "categorical",
     "sparse", "softmax", "mean", "avg", "average", "total", "running", "mini", "minibatch",
     "batch", "rate", "top", "1", "value", "data", "set", "full", "cv", "overall",
     "history", "hist", "log", "logs", "results"}
)  # fmt: skip
"""Words that leave a metric what it is."""


def plain(name: str) -> str:
    """A name as lower-case words joined by underscores."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(name))
    parts = unicodedata.normalize("NFKD", spaced.lower())
    folded = "".join(each for each in parts if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "_", folded).strip("_")


def words_of(name: str) -> set[str]:
    """The words of a name."""
    return {*plain(name).split("_")}


@dataclass(frozen=True)
class Measure:
    """What a name says that a column measures.

    what      "loss", "accuracy", "error", "gradient_norm", "weight_norm", "penalty", or ""
    split     "train", "validation", "test", or "" if the name does not tell
    derived   whether it is derived from the curve itself, such as the best value so far
    partial   whether it is a part of the loss, such as the box loss
    per_step  whether it is logged at every step, next to a mean over each epoch
    objective whether it is called an objective
    """

    what: str
    split: str = ""
    derived: bool = False
    partial: bool = False
    per_step: bool = False
    objective: bool = False


def measure_of(name: str) -> Measure:
    """What a column of this name measures."""
    words = words_of(name)
    split = (
        "train" if words & TRAIN
        else "validation" if words & VALIDATION
        else "test" if words & TEST
        else ""
    )  # fmt: skip
    known = TRAIN | VALIDATION | TEST | LOSSES | ACCURACIES | ERRORS | DERIVED | NOISE
    derived = bool(words & DERIVED)
    per_step = plain(name).endswith("_step")
    rest = {word for word in words - known if not word.isdigit()}
    if "norm" in words:
        of_gradient = bool(words & {"grad", "grads", "gradient"})
        return Measure("gradient_norm" if of_gradient else "weight_norm", split)
    if words & (OTHER | TIMES):
        return Measure("", split)
    wrong = words & ERRORS and not words & {"acc", "accuracy"}  # a top-1 error is no accuracy
    if words & ACCURACIES and not wrong:
        return Measure("accuracy", split, derived, bool(rest), per_step)
    if words & LOSSES or {"cross", "entropy"} <= words:
        partial = bool(rest) or ("value" in words and split != "" and "loss" in words)
        return Measure("loss", split, derived, partial, per_step, "objective" in words)
    if words & ERRORS:
        return Measure("error", split, derived, bool(rest), per_step)
    if words & {"penalty", "regularization", "regularizer"}:
        return Measure("penalty", split)
    return Measure("")


def is_time(name: str) -> bool:
    """Whether a column of this name has times of the clock."""
    return bool(words_of(name) & TIMES)


END = re.compile(rf"(?:^|[-_. ])({'|'.join(sorted(TRAIN | VALIDATION | TEST))})$", re.IGNORECASE)


def file_tag(filename: str) -> tuple[str, str]:
    """The run and the metric in a file name, such as TensorBoard's "run-train-tag-loss.csv"."""
    stem = re.sub(r"\.(csv|json|txt|tsv|gz)$", "", filename, flags=re.IGNORECASE)
    match = re.fullmatch(r"(?:run-)?(.*?)-?tag-(.+)", stem)
    if not match:
        return "", stem
    run = match[1].strip("-_. ")
    if end := END.search(run):  # Keras logs training and validation as two runs
        run = run[: end.start()].strip("-_. ") or "run"
    return run, match[2]


def split_of_run(filename: str) -> str:
    """The part of the data that the run of a TensorBoard file name ends in, or ""."""
    match = re.match(r"(?:run-)?(.*?)-?tag-", filename)
    found = END.search(match[1].strip("-_. ")) if match else None
    return found[1].lower() if found else ""
