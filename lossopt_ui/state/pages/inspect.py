"""The page inside one run."""

from lossopt_core.fields import Choice, Number
from lossopt_ui.state.kinds import Option, RunIds, Tabs
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import AXES

THE_END = 1_000_000_000
"""More updates than any run makes."""
OPTIONS: dict[str, Option] = {
    "run": RunIds("Run", (), "The run to look into.", most=1),
    "at_update": Number(
        "After updates", THE_END, 0, THE_END, "The last kept point until this update.", whole=True
    ),
    "inside": Tabs(
        "What to look at",
        "examples",
        {"examples": "Examples", "support": "Who still pulls", "gradient": "Gradient microscope"},
        "Three looks at the chosen point.",
    ),
    "examples_of": Choice(
        "Examples of",
        "train",
        {"train": "Training part", "test": "Test part"},
        "Those that it was trained on, or others.",
    ),
    "order": Choice(
        "Order",
        "largest",
        {"largest": "Largest loss first", "smallest": "Smallest loss first"},
        "By the loss at the chosen point.",
    ),
    "rank": Number("From place", 1, 1, 1_000_000, "Place in the order, from 1.", whole=True),
    "row": Number("Row", -1, -1, 1_000_000, "Row of the part; -1 is the first shown.", whole=True),
    "h": Number("Step h", 1e-5, 1e-12, 1e-1, "Of the centred difference.", logarithmic=True),
    "log_y": AXES["log_y"],
}

INSPECT = PageSpec(
    "inspect", "Inside a run", "Inside a run", "frame_inspect", OPTIONS, listed=False
)
