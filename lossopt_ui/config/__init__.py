"""Settings of the server: declared once, checked before anybody is answered."""

from lossopt_ui.config.settings import (
    HOSTED,
    LOCAL,
    Settings,
    settings,
)

__all__ = ["HOSTED", "LOCAL", "Settings", "settings"]
