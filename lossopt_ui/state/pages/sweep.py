"""The page of sweeps and of fair tuning."""

from dataclasses import replace

from lossopt_core import FIELDS, LOSSES, OPTIMIZERS
from lossopt_core.analysis.fair_tuning import PROTOCOLS
from lossopt_core.analysis.sweep import (
    DRAW_SEED,
    EVALUATIONS,
    SEEDS,
    VARIED,
)
from lossopt_core.experiment.description import declared_settings
from lossopt_core.fields import Choice
from lossopt_ui.state.kinds import (
    Names,
    Option,
    RunIds,
    Tabs,
    Text,
)
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.settings import (
    BY_ITSELF,
    BY_SETTING,
    RESULTS,
    SETTINGS,
)

CANDIDATES = {name: OPTIMIZERS[name].label for name in OPTIMIZERS} | {
    name: LOSSES[name].label for name in LOSSES
}
DEFAULT_AXES = "loss=hinge,cross_entropy;strength=0.0001,0.001,0.01"
OPTIONS: dict[str, Option] = {
    **{name: each for name, each in declared_settings().items() if name != "evaluations"},
    "axes": Text("What varies", 2_000, "Settings and their values.", default=DEFAULT_AXES),
    "mode": Tabs(
        "Kind of sweep",
        "sweep",
        {"sweep": "Sweep", "fair": "Fair tuning"},
        "Every combination, or each candidate at its best.",
    ),
    "protocol": Choice("Protocol", "optimizers", PROTOCOLS, "What the candidates differ in."),
    "candidates": Names(
        "Candidates", CANDIDATES, "What is compared.", none="The first three of the protocol"
    ),
    "sweep_evaluations": replace(FIELDS["evaluations"], default=EVALUATIONS),
    "rates": Text(
        "Learning rates", 200, "The grid that all candidates share.", default="log 1e-4 10 11"
    ),
    "seeds": SEEDS,
    "draw_seed": DRAW_SEED,
    "vary": Choice("The seeds vary", "order", VARIED, "What is different from seed to seed."),
    "value": Choice("Result", "test_accuracy", RESULTS, "What the pictures show."),
    "look": Tabs(
        "Picture",
        "map",
        {
            "map": "Map of two settings",
            "sensitivity": "Sensitivity",
            "parallel": "All settings",
            "scatter": "Scatter",
        },
        "Four pictures of one sweep.",
    ),
    "map_x": Choice("Across", BY_ITSELF, BY_SETTING, "The setting on the horizontal axis."),
    "map_y": Choice("Up", BY_ITSELF, BY_SETTING, "The setting on the vertical axis, or lines."),
    "scatter_x": Choice(
        "Across", "train_accuracy", RESULTS | SETTINGS, "A result or a setting, horizontally."
    ),
    "opened": RunIds("Opened", (), "The combination or the run that is looked at.", most=1),
}

SWEEP = PageSpec("sweep", "Sweep", "Sweep", "grid_on", OPTIONS)
