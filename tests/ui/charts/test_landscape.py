"""Heights of the landscape and of the trajectories on it, computed by hand."""

import numpy as np
from numpy.testing import assert_allclose

from lossopt_core.theory.landscape import Landscape
from lossopt_ui.charts import landscape
from lossopt_ui.charts.landscape import Height, Mark, TrajectoryOnPlane

LAND = Landscape(np.array([0.0, 1.0]), np.array([0.0, 2.0]), np.array([[1.1, 2.0], [1.01, 11.0]]))
PATH = TrajectoryOnPlane(
    "run",
    points=np.array([[1.0, 2.0], [0.5, 0.0], [0.0, 2.0]]),
    updates=np.array([0, 5, 9]),
    objective=np.array([12.0, 3.0, 1.005]),
    projected=np.array([11.0, 1.01, 1.01]),
    colour="#AA0000",
    width=2.0,
)
MARK = Mark("optimum", (0.0, 1.0), 1.0)
LOGARITHMIC = Height(best=1.0, top=11.0)


def test_heights_are_powers_of_ten_above_the_best_down_to_a_share_of_the_top() -> None:
    assert_allclose(LOGARITHMIC.of(np.array([11.0, 2.0, 1.1, 1.0])), [1.0, 0.0, -1.0, -3.0])
    assert_allclose(Height(1.0, 11.0, least=1e-2).of(np.array([1.0])), [-1.0])
    assert_allclose(Height(None, 11.0).of(np.array([11.0, 2.0])), [11.0, 2.0])
    assert_allclose(Height(2.0, 2.0).of(np.array([2.0])), [0.0])


def test_ticks_are_whole_powers_between_the_ends() -> None:
    ticks = Height(1.0, 51.0).ticks()  # from 0.005 to 50
    assert_allclose(ticks["tickvals"], [-2.0, -1.0, 0.0, 1.0])
    assert ticks["ticktext"] == ["0.01", "0.1", "1", "10"]
    assert Height(None, 51.0).ticks() == {}


def test_contours_show_heights_and_the_path_with_its_ends() -> None:
    found = landscape.contours(LAND, [PATH], [MARK], LOGARITHMIC, titles=("a", "b"), theme="light")
    ground, path, mark = found.data
    assert_allclose(ground.z, [[-1.0, 0.0], [-2.0, 1.0]])
    assert_allclose(ground.customdata, LAND.objective)
    assert_allclose((path.x, path.y), PATH.points.T)
    assert_allclose(path.customdata, [[0, 12, 11], [5, 3, 1.01], [9, 1.005, 1.01]])
    assert list(path.marker.size) == [10.0, 3.0, 10.0]
    assert list(path.marker.symbol) == ["circle-open", "circle", "circle"]
    assert (list(mark.x), list(mark.y)) == ([0.0], [1.0])
    assert (found.layout.xaxis.range, found.layout.yaxis.range) == ((0.0, 1.0), (0.0, 2.0))


def test_paths_lie_a_hundredth_of_the_height_above_the_surface_or_higher() -> None:
    found = landscape.surface(LAND, [PATH], [MARK], LOGARITHMIC, titles=("a", "b"), theme="light")
    ground, path, mark = found.data
    assert_allclose(ground.z, [[-1.0, 0.0], [-2.0, 1.0]])  # 1e-3 of the height 10 is 1e-2
    lift = 0.03
    # The middle of the lower edge is at -0.5, above the path's own -2; the corners are its own.
    assert_allclose(path.z, [1.0 + lift, -0.5 + lift, -2.0 + lift])
    # The middle of the left edge is at -1.5, above the optimum's own -2.
    assert_allclose(mark.z, [-1.5 + lift])
