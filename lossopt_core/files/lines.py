"""svmlight files, which scikit-learn reads, and the line that a library refuses.

Libraries do not say which line that is, so it is looked for here.
"""

import re
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import pandas as pd

from lossopt_core.fields import brief
from lossopt_core.files.content import SVMLIGHT
from lossopt_core.files.limits import NUMBER_BYTES, check_size
from lossopt_core.files.sheet import Dialect, Sheet
from lossopt_core.store.quotas import Budget

Line = tuple[int, str]
"""A line with its number in the file, from 1."""
INDEX = re.compile(r"(?<=\s)(\d+):")
LONGEST_INDEX = 9
"""More digits cannot be the number of a feature."""


def first_refused(lines: Sequence[Line], read: Callable[[Sequence[Line]], object]) -> Line | None:
    """The first line that `read` refuses by an error; None if it refuses only what is around.

    Half of the lines are read, then half of those where it must be, and so on.
    """
    if not _refuses(read, lines):
        return None
    while len(lines) > 1:
        half = len(lines) // 2
        lines = lines[:half] if _refuses(read, lines[:half]) else lines[half:]
    return lines[0] if _refuses(read, lines) else None


def _refuses(read: Callable[[Sequence[Line]], object], lines: Sequence[Line]) -> bool:
    try:
        read(lines)
    except Exception:  # libraries raise errors of many kinds
        return True
    return False


def refusal(
    format: str, error: Exception, lines: Sequence[Line], read: Callable[[Sequence[Line]], object]
) -> str:
    """Where and why a file is refused: 'row 7 of the ARFF file cannot be read (...)'."""
    bad = first_refused(lines, read)
    if bad is None:
        return f"the {format} file cannot be read ({brief(str(error))})"
    try:
        read([bad])
    except Exception as alone:
        error = alone
    return f"row {bad[0]:,} of the {format} file cannot be read ({brief(str(error))})"


def from_svmlight(data: bytes, budget: Budget) -> Sheet:
    """Labels and features of an svmlight (LIBSVM) file; features that no row names are 0."""
    from sklearn.datasets import load_svmlight_file

    every = enumerate(data.decode("latin-1").split("\n"), start=1)
    bare = ((number, line.partition("#")[0].rstrip()) for number, line in every)
    rows = [(number, line) for number, line in bare if line.strip()]
    indices = [each for _, line in rows for each in INDEX.findall(line)]
    first = 0 if any(not each.strip("0") for each in indices) else 1
    numbers = [int(each) if len(each) <= LONGEST_INDEX else 10**LONGEST_INDEX for each in indices]
    width = max(numbers, default=0) - first + 1
    check_size(
        len(rows), width + 1, [number for number, _ in rows]
    )  # before the sparse rows are filled up
    budget.check_unpacked(NUMBER_BYTES * len(rows) * width)

    def read(some: Sequence[Line]) -> Any:
        text = "\n".join(line for _, line in some)
        return load_svmlight_file(BytesIO(text.encode("latin-1")), zero_based=first == 0)

    try:
        X, y = read(rows)
    except Exception as error:
        raise ValueError(
            f"{refusal(SVMLIGHT, error, rows, read)}: write 'label index:value' with rising"
            " indices in each line"
        ) from None
    cells = pd.DataFrame(
        X.toarray(), columns=[f"x{place}" for place in range(first, X.shape[1] + first)]
    )
    cells.insert(0, "label", y)
    cells.index = pd.Index([number for number, _ in rows])
    names = tuple(str(name) for name in cells.columns)
    said = ("Read as svmlight: features that a row does not name are 0.",)
    return Sheet(cells, SVMLIGHT, Dialect(header=False), names, label="label", decimal=".",
                 said=said)  # fmt: skip
