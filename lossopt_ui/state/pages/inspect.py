"""The page that inspects one run."""

from lossopt_core.fields import Choice, Number
from lossopt_ui.state.kinds import Option, RunIds, Tabs
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import AXES, WORK

THE_END = 1_000_000_000
"""More updates than any run has."""
OPTIONS: dict[str, Option] = {
    "run": RunIds("Run", (), "The run to inspect.", most=1),
    "at_update": Number(
        "After updates",
        THE_END,
        0,
        THE_END,
        "Uses the last stored point up to this update.",
        whole=True,
    ),
    "inside": Tabs(
        "View",
        "examples",
        {"examples": "Examples", "support": "Active examples", "gradient": "Gradient check"},
        "Three views of the selected point.",
    ),
    "examples_of": Choice(
        "Examples of",
        "train",
        {"train": "Training set", "test": "Test set"},
        "Examples used for training, or held out.",
    ),
    "order": Choice(
        "Order",
        "largest",
        {"largest": "Largest loss first", "smallest": "Smallest loss first"},
        "By the loss at the selected point.",
    ),
    "rank": Number("From rank", 1, 1, 1_000_000, "First rank shown, from 1.", whole=True),
    "row": Number(
        "Row", -1, -1, 1_000_000, "Row of the set; -1 selects the first one shown.", whole=True
    ),
    "h": Number("Step h", 1e-5, 1e-12, 1e-1, "Step of the central difference.", logarithmic=True),
    **WORK,
    **AXES,
}

INSPECT = PageSpec("inspect", "Inside a run", "Inside a run", "frame_inspect", OPTIONS)
