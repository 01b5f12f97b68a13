"""The page GD vs SGD: full-batch gradient descent vs minibatch SGD, at equal work."""

from lossopt_ui.app import navigation
from lossopt_ui.experiment import presets, surface
from lossopt_ui.state import pages

navigation.begin(pages.OPTIMIZERS)
surface.show(pages.OPTIMIZERS, presets.optimizers)
