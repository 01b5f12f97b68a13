"""Charts of the lecture's cards."""

import numpy as np
import pytest

from lossopt_ui.charts import lecture
from lossopt_ui.charts.colours import Theme, contrast

ALONG = np.linspace(-1.0, 1.0, 5)
BOWL = ALONG**2 + ALONG[:, None] ** 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_have_contrast_on_the_strongest_colour_of_the_plane(theme: Theme) -> None:
    plane = lecture.plane(
        ALONG, ALONG, BOWL, BOWL, np.zeros((1, 2)), 0,
        loss_there=0.5, penalty_there=0.5, title="", theme=theme,
    )  # fmt: skip
    filled, *lines = plane.data
    (_, strongest), *_ = filled.colorscale
    for line in lines:
        if line.line.color:
            assert contrast(line.line.color, strongest) >= 3.0, line.name
