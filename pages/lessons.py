"""The lessons: guided experiments on the pages of this app."""

from lossopt_ui.app import lesson_panel, navigation
from lossopt_ui.state import pages

navigation.begin(pages.LESSONS)
lesson_panel.offer()
