"""The Landscape page: the objective on a plane, with the trajectories of runs."""

from lossopt_ui.app import navigation
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import optimum
from lossopt_ui.landscape import page
from lossopt_ui.state import pages

navigation.begin(pages.LANDSCAPE)

with workspace.store_errors_shown():
    runs = page.choose_runs()
    if runs:
        page.choose_view(runs)
        optimum.watch([runs[0].experiment], lambda optima: page.draw(runs, optima))
