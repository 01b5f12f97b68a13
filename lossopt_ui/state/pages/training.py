"""The pages that train one experiment, or a few side by side."""

from lossopt_core.experiment.conventions import FULL, HALVED
from lossopt_core.experiment.description import declared_settings
from lossopt_core.fields import Choice, Number, Switch
from lossopt_ui.state.kinds import Option, Several, Tabs
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import AXES, WORK

OPTIONS: dict[str, Option] = {
    **declared_settings(),
    "live": Switch("Train on every change", False, "Start as soon as a setting changes."),
    **WORK,
    "show": Choice(
        "Curves",
        "objective",
        {"objective": "Objective", "distance": "Distance to the optimum"},
        "The distance is to the best possible objective, which is computed with a proof.",
    ),
    **AXES,
    "penalty_as": Tabs(
        "Write squared weights as",
        FULL,
        {FULL: "λ ΣW²", HALVED: "½ λ′ ΣW²"},
        "Both are the same penalty, with λ′ = 2 λ. The strength λ in the settings is the first.",
    ),
    "squared": Switch("Squared hinge too", False, "Train the squared hinge beside the two."),
    "example": Number("Example", 0, 0, 1_000_000, "Row of the test part, from 0.", whole=True),
    "batch_sizes": Several(
        "Batch sizes of SGD", (32,), (1, 8, 32, 128, 512), "One SGD run for each."
    ),
    "each": Switch(
        "Pictures of each run", False, "Weights, confusion and losses beside each other."
    ),
}

TRAIN = PageSpec("train", "Train", "Train a classifier", "model_training", OPTIONS)
LOSSES = PageSpec(
    "hinge-vs-cross-entropy",
    "Hinge vs cross-entropy",
    "Hinge against cross-entropy",
    "balance",
    OPTIONS,
)
OPTIMIZERS = PageSpec("gd-vs-sgd", "GD vs SGD", "GD against SGD", "trending_down", OPTIONS)
