"""Settings of the server: declared once, checked before the first request is served."""

from lossopt_ui.config.settings import (
    HOSTED,
    LOCAL,
    Settings,
    settings,
)

__all__ = ["HOSTED", "LOCAL", "Settings", "settings"]
