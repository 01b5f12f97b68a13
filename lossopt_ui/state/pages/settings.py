"""Settings and results by name, as the options of several pages offer them."""

from lossopt_core import DATASETS
from lossopt_core.experiment.description import declared_settings
from lossopt_core.experiment.measures import MEASURES


def of_setting(name: str) -> str:
    """A setting's label; an option's with its data set, as two may have one of that name."""
    dataset, _, _ = name.rpartition(".")
    label = declared_settings()[name].label
    return f"{DATASETS[dataset].label}: {label.lower()}" if dataset else label


SETTINGS = {name: of_setting(name) for name in declared_settings()}
BY_ITSELF = "auto"
BY_SETTING = {BY_ITSELF: "Automatic"} | SETTINGS
RESULTS = {name: measure.label for name, measure in MEASURES.items()}
COLUMNS = SETTINGS | {
    "objective": "Objective",
    "best_objective": "Best objective",
    "train_accuracy": "Training accuracy",
    "best_train_accuracy": "Best training accuracy",
    "test_accuracy": "Test accuracy",
    "best_test_accuracy": "Best test accuracy",
    "data_loss": "Data loss",
    "test_loss": "Test loss",
    "penalty": "Penalty",
    "gradient_norm": "Gradient norm",
    "weight_norm": "Weight norm",
    "update": "Updates",
    "spark": "Objective, small",
    "name": "Name",
    "tags": "Tags",
    "note": "Note",
    "status": "Status",
    "created": "When",
}
"""What the table of runs can show, and sort by."""
