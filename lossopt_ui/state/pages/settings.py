"""Labels of settings and results, shared by the options of several pages."""

from lossopt_core import FIELDS
from lossopt_core.analysis.axes import label_of_setting
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.fields import Number


def number(name: str) -> Number:
    """A setting that is a number, for an option like it."""
    declaration = FIELDS[name]
    assert isinstance(declaration, Number)
    return declaration


SETTINGS = {name: label_of_setting(name) for name in declared_settings()}
AUTOMATIC = "auto"
BY_SETTING = {AUTOMATIC: "Automatic"} | SETTINGS
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
    "spark": "Objective sparkline",
    "name": "Name",
    "tags": "Tags",
    "note": "Note",
    "status": "Status",
    "created": "Created",
}
"""Columns that the runs table can show and sort by."""
