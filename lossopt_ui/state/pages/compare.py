"""The page that compares runs."""

from lossopt_core.analysis.groups import BANDS, CENTRES
from lossopt_core.experiment.measures import X_AXES, Y_AXES
from lossopt_core.fields import Choice, Number, Switch
from lossopt_ui.state.kinds import (
    Chips,
    Names,
    Option,
    RunIds,
    Tabs,
    Text,
)
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.pages.curves import AXES, SCATTER
from lossopt_ui.state.pages.settings import (
    AUTOMATIC,
    BY_SETTING,
    COLUMNS,
    RESULTS,
    SETTINGS,
)

RUNS = RunIds("Selected runs", (), "Runs whose curves are shown; by default the newest.")
CHIPS = {
    "dataset": "Data set",
    "loss": "Loss",
    "optimizer": "Optimizer",
    "when": "When",
    "set": "Set",
    "status": "Status",
    "best": "Best",
}
"""What the chips can narrow the list by."""
OPTIONS: dict[str, Option] = {
    "x": Choice("x-axis", "epoch", X_AXES, "Quantity on the x-axis of the curves."),
    "y": Choice("y-axis", "objective", Y_AXES, "Quantity on the y-axis of the curves."),
    **AXES,
    "runs": RUNS,
    "chips": Chips(
        "Find",
        CHIPS,
        "Narrows the list. Values of the same kind are alternatives; all kinds must match.",
        none="Data set, loss, today, best …",
    ),
    "filter": Text(
        "Filter",
        1_000,
        "Words to search for, such as hinge, or conditions on settings, results, tags and notes:"
        " learning rate >= 0.1, optimizer in (sgd, adam), test accuracy > 90 %, name ~ text,"
        ' tag = "my tag", created >= yesterday, pinned. Combine with and, or, not. Relative times'
        " are yours; dates such as 2026-11-01 are in UTC.",
        placeholder="learning rate = 0.1 and test accuracy > 90 %",
    ),
    "rows": Choice(
        "Seeds",
        "families",
        {"families": "Grouped", "runs": "Separate"},
        "Grouped: runs that differ only by seed share a table row and a curve with a band.",
    ),
    "part": Tabs(
        "View",
        "curves",
        {
            "curves": "Curves",
            "differences": "Significance",
            "seeds": "By seed",
            "evaluation": "Every loss",
            "cost": "Cost",
            "settings": "Settings",
        },
        "Six views of the selected runs. Cost: what it takes to reach a target. Settings: which of"
        " them go with the differences between results.",
    ),
    "effects": Tabs(
        "Chart",
        "importance",
        {
            "importance": "Importance",
            "parallel": "Parallel coordinates",
            "scatter": "Scatter",
            "matrix": "Scatter matrix",
        },
        "Four charts of results and settings of the selected runs.",
    ),
    **SCATTER,
    "differs": Switch("Only differences", True, "Hide settings that all runs have in common."),
    "share": Text("Shared runs", 12_000, "Runs contained in the address."),
    "archived": Switch("Include archived", False, "Also show archived runs."),
    "tuning": Switch(
        "Tuning runs",
        False,
        "Also show runs that were measured on a validation split, such as those of a fair tuning."
        " They have no test results.",
    ),
    "references": Switch(
        "Reference runs", False, "Built-in runs on digits, the same for everybody."
    ),
    "columns": Names(
        "Columns",
        COLUMNS,
        "By default: settings that differ, then results.",
        none="Settings that differ",
    ),
    "sort": Names(
        "Sort by",
        COLUMNS,
        "The first column counts most. Results: best first; dates: newest first.",
        none="Newest first",
    ),
    "at": Choice(
        "Results",
        "last",
        {"last": "At the end", "best": "At the best evaluation", "epoch": "At an epoch"},
        "The evaluation whose numbers are shown and compared.",
    ),
    "at_epoch": Number("Epoch", 1.0, 0.0, 100_000.0, "Uses the last evaluation up to this epoch."),
    "group": Names(
        "Group by",
        SETTINGS,
        "One curve for all runs with equal values of these settings.",
        none="Seeds only",
    ),
    "centre": Choice("Group curve", "mean", CENTRES, "How the runs of a group are summarized."),
    "band": Choice("Band", "ci", BANDS, "Spread of the runs of a group."),
    "members": Switch("Show each run", False, "Also show the runs of a group as thin lines."),
    "colour": Choice(
        "Colour by", AUTOMATIC, BY_SETTING, "Curves with equal values have the same colour."
    ),
    "dash": Choice(
        "Line style by", AUTOMATIC, BY_SETTING, "Curves with equal values have the same line style."
    ),
    "facet": Choice(
        "Small multiples by", AUTOMATIC, BY_SETTING, "One chart for each value, with shared axes."
    ),
    "reference": Switch(
        "Reference lines", True, "Loss of zero weights, chance accuracy, certified optimum."
    ),
    "baseline": RunIds(
        "Baseline",
        (),
        "The run or group that the others are compared with. By default the pinned one, or the"
        " oldest.",
        most=1,
    ),
    "delta": Switch(
        "Difference from baseline", False, "Curves of paired differences, seed by seed."
    ),
    "measure": Choice("Metric", "test_accuracy", RESULTS, "The metric that is compared."),
    "measures": Names(
        "Metrics",
        RESULTS,
        "One chart for each, with the end result of every run.",
        none="Accuracies and objective",
    ),
    "results_as": Tabs(
        "Results as",
        "strip",
        {"strip": "Strip plot", "box": "Box plot"},
        "Strip plot: every run, the mean and its confidence interval. Box plot: median, quartiles"
        " and whiskers.",
    ),
    "target_of": Choice(
        "Target metric",
        "test_accuracy",
        {
            "test_accuracy": "Test accuracy",
            "train_accuracy": "Training accuracy",
            "distance_share": "Certified gap / initial gap",
        },
        "The metric that has to reach the target.",
    ),
    "target": Number("Target value", 0.9, 0.0, 1.0, "A fraction: 0.9 means 90 %."),
}

COMPARE = PageSpec("compare", "Compare", "Compare runs", "compare_arrows", OPTIONS)
