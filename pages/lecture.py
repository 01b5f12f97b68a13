"""The ideas of CS231n lecture 3: one card per idea, with numbers you can change."""

from lossopt_ui.app import navigation
from lossopt_ui.lecture import frame
from lossopt_ui.state import pages

navigation.begin(pages.LECTURE)
frame.draw(frame.choose())
