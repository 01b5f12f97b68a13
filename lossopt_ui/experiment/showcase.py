"""The experiment on the start page: two losses on digits, trained live, with one slider."""

from collections.abc import Callable, Sequence

import streamlit as st

from lossopt_core import LOSSES, Experiment
from lossopt_core.experiment.description import FIELDS
from lossopt_ui.charts import lanes as charts
from lossopt_ui.charts.colours import of_loss
from lossopt_ui.charts.curves import Level
from lossopt_ui.charts.lanes import Lane as Line
from lossopt_ui.charts.scales import NO_LIMITS, Scales
from lossopt_ui.experiment import ghosts, headline
from lossopt_ui.experiment.ghosts import Ghost
from lossopt_ui.experiment.headline import Result
from lossopt_ui.experiment.lanes import Shown
from lossopt_ui.figures import figure
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.jobs import comparing
from lossopt_ui.jobs.comparing import Comparison, Entry, Outcome
from lossopt_ui.state import pages, url, widgets
from lossopt_ui.state.lanes import Lane
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.session import WidgetKey

COMPARED = ("hinge", "cross_entropy")
SEEDS = 10
STRENGTHS = (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0)
HEIGHT = 400
FIGURE_SPACE = "\u2007"
_STRENGTH: WidgetKey[float] = WidgetKey("showcase.strength")


def compared() -> Comparison:
    """Both losses at the chosen strength, each at its tuned learning rate, over ten splits."""
    base = Experiment(strength=widgets.value("strength"))
    entries = [Entry(base.replace(loss=loss), tuned=True) for loss in COMPARED]
    return Comparison(tuple(entries), SEEDS, "split")


def show(page: PageSpec) -> None:
    """Show the slider, the verdict and the accuracies."""
    st.markdown(
        "Two losses, one linear classifier, handwritten digits. Which loss classifies better, and"
        " does that depend on the penalty? Move the slider."
    )
    _slider()
    comparison = compared()
    shown = [
        Shown(k, Lane.of(loss=loss), entry, LOSSES[loss].label, of_loss(loss, figure.theme()))
        for k, (loss, entry) in enumerate(zip(COMPARED, comparison.entries, strict=True))
    ]
    comparing.watch(
        comparison,
        wanted=False,
        live=True,
        draw=lambda outcome, status: _draw(page, shown, outcome, status),
    )
    st.page_link(
        pages.LOSSES.file,
        label="Open this experiment",
        icon=":material/open_in_new:",
        query_params=url.query_of({"strength": widgets.value("strength")}),
    )


def _slider() -> None:
    """Choose among a few strengths, and the one that was typed on another page."""
    looks = widgets.custom_widget("strength")
    if looks is None:
        return
    now = widgets.value("strength")
    _STRENGTH.set(now)
    offered = sorted({*STRENGTHS, now})
    st.select_slider(
        f"Strength λ of the L2 penalty: {now:g}",
        offered,
        key=_STRENGTH.name,
        # The value above the thumb would have too little contrast in the dark theme.
        format_func=lambda value: FIGURE_SPACE * (1 + offered.index(value)),
        help=FIELDS["strength"].help,
        on_change=lambda: widgets.put("strength", _STRENGTH.get()),
        **looks,
    )


def _draw(
    page: PageSpec, shown: Sequence[Shown], outcome: Outcome, status: Callable[[], None]
) -> None:
    found = [Result(each, trained) for each, trained in zip(shown, outcome.lanes, strict=True)]
    there = any(each.trained.histories for each in found)
    if there:
        ghosts.note(page.name, outcome.comparison)
    before = ghosts.of(page.name, outcome.comparison, [each.label for each in shown])
    with st.container():
        headline.draw(found, outcome)
        status()
    if not there and not before:
        st.skeleton(height=HEIGHT)
        return
    _chart(found, before, outcome)


def _chart(found: Sequence[Result], before: Sequence[Ghost], outcome: Outcome) -> None:
    lines = [
        Line(each.lane.label, each.lane.colour, list(known.values()))
        for each in found
        if (known := each.known(outcome))
    ]
    ghosts_of = [
        Line(each.label, "", tables)
        for each in before
        if (tables := ghosts.histories(each, outcome.comparison))
    ]
    columns = ("train_accuracy", "test_accuracy")
    limits = charts.accuracy_limits(lines, columns)
    figure.show(
        recipe(
            charts.curves,
            lines,
            columns=columns,
            title="Accuracy on digits, ten splits",
            theme=figure.theme(),
            y_title="Accuracy (%)",
            scales=Scales(y_limits=limits),
            ghosts=ghosts_of,
            levels=[Level(10.0, "chance: 10 %")] if limits == NO_LIMITS else [],
        ),
        key="accuracy",
        alt="Training and test accuracy of hinge and cross-entropy on digits over the epochs.",
        height=HEIGHT,
    )
