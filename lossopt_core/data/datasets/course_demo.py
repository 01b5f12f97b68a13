"""The nine points of the course's demo."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from typing_extensions import override

from lossopt_core.data.datasets.base import Dataset, Examples, Size
from lossopt_core.data.datasets.making import letters, shipped_table


class CourseDemo(Dataset):
    """The nine points of the course's demo page."""

    label = "Course demo (9 points)"
    summary = "The nine points of the course's demo: small enough to follow each one."
    source = "CS231n, linear classification demo"
    numpy_code = """\
x1 = [0.5, 0.8, 0.3, -0.4, -0.3, -0.7, 0.7, 0.5, -0.4]
x2 = [0.4, 0.3, 0.8, 0.3, 0.7, 0.2, -0.4, -0.6, -0.5]
X, y = np.c_[x1, x2], np.repeat([0, 1, 2], 3)
"""

    @override
    def size(self, options: Mapping[str, Any]) -> Size:
        return Size(9, 3, 2)

    @override
    def make(self, options: Mapping[str, Any], seed: int) -> Examples:
        return replace(shipped_table("course_demo.csv", "class"), class_names=letters(3))
