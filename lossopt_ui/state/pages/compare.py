"""The page of all runs."""

from lossopt_core.analysis.groups import BANDS, CENTRES
from lossopt_core.experiment.measures import X_AXES, Y_AXES
from lossopt_core.fields import Choice, Number, Switch
from lossopt_ui.state.kinds import (
    Names,
    Option,
    RunIds,
    Tabs,
    Text,
)
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import AXES
from lossopt_ui.state.pages.settings import (
    BY_ITSELF,
    BY_SETTING,
    COLUMNS,
    RESULTS,
    SETTINGS,
)

RUNS = RunIds("Selected runs", (), "The runs whose curves are shown.")
OPTIONS: dict[str, Option] = {
    "x": Choice("Horizontal axis", "epoch", X_AXES, "What the curves run over."),
    "y": Choice("Vertical axis", "objective", Y_AXES, "What the curves show."),
    **AXES,
    "runs": RUNS,
    "filter": Text(
        "Filter",
        1_000,
        "Words to look for, such as hinge, or conditions on settings, results, tags and notes:"
        " learning_rate >= 0.1, optimizer in (sgd, adam), test_accuracy > 90%, name ~ text,"
        ' tag = "my tag", created >= 2026-11-01, pinned. Join them by and, or, not. Settings are'
        " called as in the address of a training page.",
        placeholder="loss = hinge and strength < 1e-2 and test_accuracy > 90%",
    ),
    "rows": Choice(
        "Runs that differ by seed only",
        "families",
        {"families": "Together", "runs": "Run by run"},
        "Together they are one row of the table and one curve with a band.",
    ),
    "part": Tabs(
        "What to look at",
        "curves",
        {
            "curves": "Curves",
            "differences": "Is it real?",
            "evaluation": "Under every loss",
            "cost": "Cost to target",
        },
        "Four looks at the selected runs.",
    ),
    "differs": Switch("Only what differs", True, "Leave out settings that all have in common."),
    "share": Text("Shared runs", 12_000, "Runs that came along with the address."),
    "archived": Switch("Archived too", False, "Show what has been put away as well."),
    "references": Switch(
        "Reference runs", False, "Runs on digits that are the same for everybody."
    ),
    "columns": Names(
        "Columns", COLUMNS, "Without a choice: what differs, then results.", none="What differs"
    ),
    "sort": Names(
        "Sort by",
        COLUMNS,
        "The first counts most. Results: best first; dates: newest first.",
        none="Newest first",
    ),
    "at": Choice(
        "Results",
        "last",
        {"last": "At the end", "best": "At their best", "epoch": "At an epoch"},
        "Where in the training the table and the comparisons take their numbers.",
    ),
    "at_epoch": Number("Epoch", 1.0, 0.0, 100_000.0, "The last evaluation up to this epoch."),
    "group": Names(
        "Group by", SETTINGS, "One curve for all runs that agree in these.", none="Seeds alone"
    ),
    "centre": Choice("Curve of a group", "mean", CENTRES, "What stands for all of its runs."),
    "band": Choice("Band", "ci", BANDS, "How far the runs of a group spread."),
    "members": Switch("Each run too", False, "The runs of a group as thin lines behind it."),
    "colour": Choice("Colour by", BY_ITSELF, BY_SETTING, "Curves with equal values look alike."),
    "dash": Choice("Line style by", BY_ITSELF, BY_SETTING, "Solid, dashed, dotted by value."),
    "facet": Choice(
        "Small multiples by", BY_ITSELF, BY_SETTING, "One chart for each value, axes alike."
    ),
    "smoothing": Number(
        "Smoothing", 0.0, 0.0, 0.99, "Exponential mean; the raw curve stays behind it. 0 is none."
    ),
    "reference": Switch(
        "Reference lines", True, "The loss of zero weights, chance, the certified best."
    ),
    "baseline": RunIds("Baseline", (), "What the others are compared with.", most=1),
    "delta": Switch(
        "Difference to the baseline", False, "Curves of paired differences, seed by seed."
    ),
    "measure": Choice("Compared by", "test_accuracy", RESULTS, "The number that decides."),
    "target_of": Choice(
        "Target",
        "test_accuracy",
        {
            "test_accuracy": "Test accuracy",
            "train_accuracy": "Training accuracy",
            "distance_share": "Certified gap, share of the one at the start",
        },
        "What has to be reached.",
    ),
    "target": Number("Target value", 0.9, 0.0, 1.0, "A share: 0.9 is 90 %."),
}

COMPARE = PageSpec("compare", "Compare runs", "Compare runs", "compare_arrows", OPTIONS)
