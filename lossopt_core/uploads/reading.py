"""Reading uploaded data files: tables, whose columns still need roles, or arrays."""

from lossopt_core.data.datasets import Examples
from lossopt_core.files.choices import GUESS, Choices
from lossopt_core.files.content import EVENTS, NPZ, content_of
from lossopt_core.files.limits import NO_LIMITS
from lossopt_core.files.reading import sheet_from
from lossopt_core.files.sheet import Sheet
from lossopt_core.store.quotas import Budget
from lossopt_core.uploads.npz import examples_in


def read(
    data: bytes, filename: str, budget: Budget = NO_LIMITS, choices: Choices = GUESS
) -> Sheet | Examples:
    """Read a table or examples from a file; its content determines the format.

    ValueError says where and why it cannot be read, and what would repair it.  Raises BudgetError
    before allocating more memory than the budget allows.
    """
    content = content_of(data, filename)
    if content.format == EVENTS:
        raise ValueError(
            "the file has curves of TensorBoard, not data: import it on the Compare page"
        )
    if content.format == NPZ:
        return examples_in(content.data, budget).examples
    return sheet_from(content, choices, budget)
