"""The pages that train one experiment, or a few next to each other."""

from lossopt_core.experiment.conventions import FULL, HALVED
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Choice, Number, Switch
from lossopt_ui.state.kinds import Option, Several, Tabs
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import AXES, WORK

OPTIONS: dict[str, Option] = {
    **declared_settings(),
    "live": Switch("Auto-train", False, "Train as soon as a setting changes."),
    **WORK,
    "show": Choice(
        "Curves",
        "objective",
        {"objective": "Objective", "distance": "Distance to the optimum"},
        "The distance is to the optimum, which is computed with a proof.",
    ),
    **AXES,
    "penalty_as": Tabs(
        "Penalty convention",
        FULL,
        {FULL: "λ ΣW²", HALVED: "½ λ′ ΣW²"},
        "Both are the same penalty, with λ′ = 2 λ. The strength setting is λ.",
    ),
    "squared": Switch("Add squared hinge", False, "Also train the squared hinge."),
    "example": Number("Example", 0, 0, 1_000_000, "Row of the test set, from 0.", whole=True),
    "batch_sizes": Several(
        "SGD batch sizes", (32,), (1, 8, 32, 128, 512), "One SGD run for each batch size."
    ),
    "each": Switch(
        "Plots of each run", False, "Weights, confusion matrix and losses side by side."
    ),
}

TRAIN = PageSpec("train", "Train", "Train a classifier", "model_training", OPTIONS)
LOSSES = PageSpec(
    "hinge-vs-cross-entropy",
    "Hinge vs cross-entropy",
    "Hinge vs cross-entropy",
    "balance",
    OPTIONS,
)
OPTIMIZERS = PageSpec("gd-vs-sgd", "GD vs SGD", "GD vs SGD", "trending_down", OPTIONS)
