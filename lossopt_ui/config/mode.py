"""How the app is run: on somebody's own machine, or for everybody."""

from lossopt_core.store import address as core
from lossopt_ui import config

LOCAL, HOSTED = config.LOCAL, config.HOSTED
MODE = "LOSSOPT_MODE"
FRAMED_BY = "LOSSOPT_FRAMED_BY"
METRICS = "LOSSOPT_METRICS"
OPEN = "open"
KEPT_DAYS = 7
"""How long the workspace of an anonymous visitor is kept after it was used last."""


def hosted() -> bool:
    """Whether visitors are strangers to each other."""
    return config.settings().is_hosted


def framed_by() -> list[str]:
    """The websites that may show the app in a frame."""
    return list(config.settings().framed_by)


def metrics_open() -> bool:
    """Whether `/_stcore/metrics` is answered."""
    return config.settings().metrics == OPEN


def store_address() -> str:
    """Where runs are kept: `LOSSOPT_STORE`, or the usual place."""
    chosen = config.settings().store
    return chosen.get_secret_value() if chosen else core.DEFAULT
