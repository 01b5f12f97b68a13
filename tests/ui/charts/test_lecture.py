"""Pictures of the lecture's cards, without a page."""

import numpy as np
import pytest

from lossopt_ui.charts import lecture
from lossopt_ui.charts.colours import Theme, contrast

ALONG = np.linspace(-1.0, 1.0, 5)
BOWL = ALONG**2 + ALONG[:, None] ** 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_of_the_plane_are_seen_on_its_strongest_colour(theme: Theme) -> None:
    plane = lecture.plane(
        ALONG, ALONG, BOWL, BOWL, np.zeros((1, 2)), 0,
        loss_there=0.5, penalty_there=0.5, title="", theme=theme,
    )  # fmt: skip
    colours, *drawn = plane.data
    (_, strongest), *_ = colours.colorscale
    for line in drawn:
        if line.line.color:
            assert contrast(line.line.color, strongest) >= 3.0, line.name
