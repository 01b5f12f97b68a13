"""The ideas of CS231n's lecture 3, one card an idea, with numbers that can be changed."""

from lossopt_ui.app import navigation
from lossopt_ui.lecture import frame
from lossopt_ui.state import pages

navigation.begin(pages.LECTURE)
frame.draw(frame.choose())
