"""The page of the objective's landscape."""

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
        "Through three points of a run, or where all the ways spread most.",
    ),
    "relief": Choice(
        "Picture", "contours", {"contours": "Contours", "surface": "Surface"}, "Flat, or solid."
    ),
    "height": Choice(
        "Height",
        "excess",
        {"excess": "Above the best known (log)", "objective": "Objective"},
        "What the contours and the surface show.",
    ),
    "through": RunIds("Plane of the run", (), "Whose start and end it goes through.", most=1),
}

LANDSCAPE = PageSpec("landscape", "Landscape", "Landscape", "landscape", OPTIONS, listed=False)
