"""The objective as a landscape, with the ways of runs on it."""

from lossopt_ui import landscapes, links, navigation, optimum, workspace

navigation.begin("Landscape", links.ON_LANDSCAPE)

with workspace.unreadable_said():
    runs = landscapes.choose_runs()
    if runs:
        landscapes.choose_view(runs)
        optimum.watch([runs[0].experiment], lambda optima: landscapes.draw(runs, optima))
