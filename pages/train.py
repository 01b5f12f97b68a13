"""The Train page: one configuration in detail, and any others beside it."""

from lossopt_ui.app import navigation
from lossopt_ui.experiment import presets, surface
from lossopt_ui.state import pages

navigation.begin(pages.TRAIN)
surface.show(pages.TRAIN, presets.one)
