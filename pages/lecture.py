"""The ideas of CS231n's lecture 3, one card an idea, with numbers that can be changed."""

from lossopt_ui import links, navigation
from lossopt_ui.lecture import frame

navigation.begin("Lecture", links.ON_LECTURE)
frame.draw(frame.choose())
