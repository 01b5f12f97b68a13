"""What one visitor may have of the machine: settings, with what is sane where many share it."""

import math
from dataclasses import fields

from lossopt_core.budget import Budget
from lossopt_ui import hosting
from lossopt_ui.jobs import WORKERS

FOR_EVERYBODY = Budget(
    products=2e10, updates=2e6, numbers=4e6, seconds=120, runs=1_000, bytes=100e6
)
"""Of a small machine, two processors and 690 MB: a training of half a minute or so."""
MOST_WAITING = 200


def budget() -> Budget:
    """What one visitor may have: `LOSSOPT_MAX_PRODUCTS` and the like, or what is sane.

    ValueError names a setting that is no number above 0.
    """
    usual = FOR_EVERYBODY if hosting.hosted() else Budget()
    names = [field.name for field in fields(Budget)]
    return Budget(**{name: _number(f"MAX_{name.upper()}", getattr(usual, name)) for name in names})


def workers() -> int:
    """How many trainings go on at once."""
    return max(1, int(_number("WORKERS", WORKERS)))


def most_waiting() -> float:
    """How many trainings may wait for a worker."""
    return _number("MAX_WAITING", MOST_WAITING if hosting.hosted() else math.inf)


def _number(name: str, usual: float) -> float:
    text = hosting.setting(f"LOSSOPT_{name}")
    try:
        number = float(text or usual)
    except ValueError:
        number = math.nan
    if not number > 0:
        raise ValueError(f"LOSSOPT_{name} must be a number above 0, got {text!r}")
    return number
