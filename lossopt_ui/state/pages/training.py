"""The pages that train one experiment, or a few next to each other."""

from collections.abc import Mapping

from lossopt_core.analysis.sweep import SEEDS, VARIED
from lossopt_core.experiment.conventions import FULL, HALVED
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Choice, Number, Switch
from lossopt_ui.state.kinds import Option, Several, Tabs
from lossopt_ui.state.lanes import Lanes
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import AXES, WORK

BELOW: Mapping[str, str] = {
    "rates": "Learning rate",
    "weights": "Weights",
    "mistakes": "Mistakes",
    "optimum": "Optimum",
    "example": "One example",
    "terms": "Terms",
    "settings": "Conventions",
}
OPTIONS: dict[str, Option] = {
    **declared_settings(),
    "live": Switch("Live", True, "Train as soon as a setting changes, if it takes about 2 s."),
    "seeds": SEEDS,
    "varying": Choice("Seeds vary", "split", VARIED, "What differs from seed to seed."),
    "verdict": Choice(
        "Verdict on",
        "auto",
        {"auto": "Automatic", **{name: MEASURES[name].label for name in MEASURES}},
        "The result that is compared. Automatic: accuracy, or the objective where all lanes share"
        " it.",
    ),
    **WORK,
    "show": Choice(
        "Curves",
        "objective",
        {"objective": "Objective", "distance": "Distance to the optimum"},
        "The distance is to the optimum, which is computed with a proof.",
    ),
    **AXES,
    "below": Tabs("Details", "rates", BELOW, "What is shown below the curves."),
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
    "each": Switch("Plots of each run", False, "Weights and mistakes below the other details."),
}


def _with_lanes(name: str) -> Mapping[str, Option]:
    return OPTIONS | {name: Lanes("Lanes", "The configurations that are compared.")}


TRAIN = PageSpec(
    "train", "Train", "Train a classifier", "model_training", _with_lanes("lanes"), lanes="lanes"
)
LOSSES = PageSpec(
    "hinge-vs-cross-entropy",
    "Hinge vs cross-entropy",
    "Hinge vs cross-entropy",
    "balance",
    _with_lanes("loss_lanes"),
    lanes="loss_lanes",
)
OPTIMIZERS = PageSpec(
    "gd-vs-sgd",
    "GD vs SGD",
    "GD vs SGD",
    "trending_down",
    _with_lanes("optimizer_lanes"),
    lanes="optimizer_lanes",
)
