"""The page Hinge vs cross-entropy: both losses on the same minibatches, side by side."""

from lossopt_ui.app import navigation
from lossopt_ui.experiment import presets, surface
from lossopt_ui.state import pages

navigation.begin(pages.LOSSES)
surface.show(pages.LOSSES, presets.losses)
