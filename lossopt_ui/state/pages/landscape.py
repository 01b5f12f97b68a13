"""The page that shows the objective's landscape."""

from lossopt_core.fields import Choice
from lossopt_ui.state.kinds import Option, RunIds
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.compare import RUNS

OPTIONS: dict[str, Option] = {
    "runs": RUNS,
    "plane": Choice(
        "Plane",
        "optimum",
        {"optimum": "Start, optimum, end", "principal": "Principal directions"},
        "Through three points of a run, or where the trajectories spread most.",
    ),
    "relief": Choice(
        "Plot", "contours", {"contours": "Contours", "surface": "Surface"}, "In 2D or in 3D."
    ),
    "height": Choice(
        "Height",
        "excess",
        {"excess": "Above best known (log)", "objective": "Objective"},
        "Quantity shown by the contours or the surface.",
    ),
    "through": RunIds(
        "Plane through run", (), "The run whose start and end define the plane.", most=1
    ),
}

LANDSCAPE = PageSpec("landscape", "Landscape", "Landscape", "landscape", OPTIONS)
