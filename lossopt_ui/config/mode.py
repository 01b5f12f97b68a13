"""Local or hosted mode, and the settings that depend on it."""

from lossopt_core.store import address as core
from lossopt_ui import config

LOCAL, HOSTED = config.LOCAL, config.HOSTED
MODE = "LOSSOPT_MODE"
OPEN = "open"
KEPT_DAYS = 7
"""Days that an anonymous visitor's workspace is kept after its last use."""


def hosted() -> bool:
    """Whether each visitor has a workspace of their own."""
    return config.settings().is_hosted


def framed_by() -> list[str]:
    """Websites that may embed the app in a frame."""
    return list(config.settings().framed_by)


def metrics_open() -> bool:
    """Whether `/_stcore/metrics` is served."""
    return config.settings().metrics == OPEN


def store_address() -> str:
    """The database that stores the runs: `LOSSOPT_STORE`, or the default."""
    chosen = config.settings().store
    return chosen.get_secret_value() if chosen else core.DEFAULT
