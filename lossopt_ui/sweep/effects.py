"""Which of the swept parameters go with the differences between results."""

import math
from collections.abc import Sequence

import pandas as pd

from lossopt_core.analysis.groups import whole
from lossopt_ui.charts.sweep_cells import comparable
from lossopt_ui.figures import figure
from lossopt_ui.runs import setting_effects
from lossopt_ui.state import names


def show(table: pd.DataFrame, varied: Sequence[str], column: str) -> None:
    """Show the importance of the parameters: for each loss if the metric depends on it."""
    for loss, part in comparable(table, column).items():
        known = whole(part)
        means = known.groupby("family")[column].mean().dropna()
        firsts = known.drop_duplicates("family").set_index("family").loc[means.index]
        settings = [
            {str(name): each for name, each in row.items() if not _is_missing(each)}
            for row in firsts[list(varied)].to_dict("records")
        ]
        drawn = setting_effects.judged(
            settings,
            means.tolist(),
            part["family"].nunique() - len(means),
            column=column,
            of=names.value_text("loss", loss) if loss else "",
            theme=figure.theme(),
        )
        setting_effects.draw(drawn)


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
