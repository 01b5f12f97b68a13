"""The page for sweeps and fair tuning."""

from dataclasses import replace

from lossopt_core import LOSSES, OPTIMIZERS
from lossopt_core.analysis.fair_tuning import PROTOCOLS
from lossopt_core.analysis.sweep import (
    DRAW_SEED,
    EVALUATIONS,
    SEEDS,
    VARIED,
)
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Choice
from lossopt_ui.state.kinds import (
    Names,
    Option,
    RunIds,
    Tabs,
    Text,
)
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import SCATTER
from lossopt_ui.state.pages.settings import (
    AUTOMATIC,
    BY_SETTING,
    RESULTS,
    number,
)

CANDIDATES = {name: OPTIMIZERS[name].label for name in OPTIMIZERS} | {
    name: LOSSES[name].label for name in LOSSES
}
DEFAULT_AXES = "loss=hinge,cross_entropy;strength=0.0001,0.001,0.01"
OWN_OPTIONS = {"learning_rate": "sweep_rate", "evaluations": "sweep_evaluations"}
"""Settings for which this page has options of its own.

A rate that was set on another page is not meant for all combinations of a sweep.
"""
SWEPT: dict[str, Option] = {
    **{name: each for name, each in declared_settings().items() if name not in OWN_OPTIONS},
    "axes": Text(
        "Parameters to sweep", 2_000, "Parameters and their values.", default=DEFAULT_AXES
    ),
    "mode": Tabs(
        "Mode",
        "sweep",
        {"sweep": "Sweep", "fair": "Fair tuning"},
        "Every combination, or each candidate at its best learning rate.",
    ),
    "protocol": Choice(
        "Protocol", "optimizers", PROTOCOLS, "What is compared: optimizers or losses."
    ),
    "candidates": Names(
        "Candidates",
        CANDIDATES,
        "Optimizers or losses to compare.",
        none="First three of the protocol",
    ),
    "sweep_rate": replace(
        number("learning_rate"),
        label="Learning rate of all",
        help="One learning rate for all combinations. It favours those that it suits.",
    ),
    "sweep_evaluations": replace(number("evaluations"), default=EVALUATIONS),
    "rates": Text(
        "Learning rates", 200, "The grid that is used for all candidates.", default="log 1e-4 10 11"
    ),
    "seeds": SEEDS,
    "draw_seed": DRAW_SEED,
    "vary": Choice("Seeds vary", "order", VARIED, "What differs from seed to seed."),
}
LOOKS: dict[str, Option] = {
    "value": Choice("Metric", "test_accuracy", RESULTS, "The metric that the charts show."),
    "look": Tabs(
        "Chart",
        "map",
        {
            "map": "Heatmap",
            "sensitivity": "Sensitivity",
            "parallel": "Parallel coordinates",
            "scatter": "Scatter",
            "importance": "Importance",
        },
        "Five charts of the same sweep.",
    ),
    "map_x": Choice("x-axis", AUTOMATIC, BY_SETTING, "Parameter on the x-axis."),
    "map_y": Choice(
        "y-axis", AUTOMATIC, BY_SETTING, "Parameter on the y-axis, or one line per value."
    ),
    **SCATTER,
    "brush": Text(
        "Filter",
        1_000,
        "Shows only these combinations in the table and the charts, such as learning rate >= 0.01"
        " and test accuracy > 90 %. Drag a box over axes of the parallel coordinates to fill it in;"
        " empty it to see all again. The verdict is on all combinations.",
        placeholder="loss = hinge and test accuracy > 90 %",
    ),
    "opened": RunIds("Opened", (), "The combination or run whose details are shown.", most=1),
}

SWEEP = PageSpec(
    "sweep",
    "Sweep",
    "Sweep",
    "grid_on",
    SWEPT | LOOKS,
    older_names={"learning_rate": "sweep_rate"},
)
