"""The objective as a landscape, with the ways of runs on it."""

from lossopt_ui import landscapes, navigation, optimum, workspace
from lossopt_ui.state import pages

navigation.begin(pages.LANDSCAPE)

with workspace.unreadable_said():
    runs = landscapes.choose_runs()
    if runs:
        landscapes.choose_view(runs)
        optimum.watch([runs[0].experiment], lambda optima: landscapes.draw(runs, optima))
