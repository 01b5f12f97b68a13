"""What is below the curves: one part at a time, for all lanes side by side."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from lossopt_core import Run, load_data
from lossopt_core.analysis.tuned_rate import TunedRate
from lossopt_ui.charts import comparison as charts
from lossopt_ui.charts import rates as rate_charts
from lossopt_ui.charts import training
from lossopt_ui.charts.scales import Scales
from lossopt_ui.experiment import conventions, distances, learning_rate, one_example, pictures
from lossopt_ui.experiment.headline import Result
from lossopt_ui.experiment.playback import Player, cursor
from lossopt_ui.figures import figure
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.identity import missing_data
from lossopt_ui.jobs.comparing import Outcome
from lossopt_ui.state import page_links, pages, widgets
from lossopt_ui.state.names import escape_markdown
from lossopt_ui.state.pages.training import BELOW

PER_ROW = 3
Part = Callable[[Sequence[Result], Sequence[Run], Outcome, Player | None], None]


def draw(results: Sequence[Result], outcome: Outcome, player: Player | None) -> None:
    """Draw the chosen part, once the first seeds are trained."""
    runs = outcome.firsts
    chosen = widgets.setting("below", label_visibility="collapsed")
    if not runs:
        return
    if outcome.comparison.seeds > 1 and chosen not in ("rates", "settings"):
        st.caption(f"Of {outcome.comparison.first} of each lane.")
    older = ("weights", "mistakes") if widgets.value("each") else ()
    for name in dict.fromkeys((chosen, *older)):
        with missing_data.part(BELOW[name]):
            PARTS[name](results, runs, outcome, player)
    _saved(runs)


def _side_by_side(results: Sequence[Result], show: Callable[[int], None]) -> None:
    """Call `show` with the number of each lane, up to three in a row."""
    for first in range(0, len(results), PER_ROW):
        some = range(first, min(first + PER_ROW, len(results)))
        for place, k in zip(st.columns(len(some)), some, strict=True):
            with place:
                if len(results) > 1:
                    st.markdown(f"**{escape_markdown(results[k].lane.label)}**")
                show(k)


def _rates(
    results: Sequence[Result], runs: Sequence[Run], outcome: Outcome, player: Player | None
) -> None:
    """The objective at every learning rate that was tried, and the stability limits."""
    tuned = {
        each.lane.label: each.trained.tuned
        for each in results
        if isinstance(each.trained.tuned, TunedRate)
    }
    if tuned:
        colours = {each.lane.label: each.lane.colour for each in results}
        figure.show(
            recipe(rate_charts.sensitivity, tuned, colours, theme=figure.theme()),
            key="sensitivity",
            alt=f"Objective at the end at each learning rate, for {', '.join(tuned)}.",
            height=340,
        )
        st.caption(
            "Each lane was trained at 13 learning rates with a seed of their own; the ring is the"
            " lowest objective. A diverged rate has no point."
        )
    learning_rate.notes([run.experiment for run in runs])
    _side_by_side(
        results,
        lambda k: distances.learning_rate_limits(
            runs[k].experiment, outcome.optima, key=f"step-limits-{k}"
        ),
    )


def _weights(
    results: Sequence[Result], runs: Sequence[Run], outcome: Outcome, player: Player | None
) -> None:
    """Templates, decision regions or weights, and the trajectories through weight space."""
    data = load_data(runs[0].experiment)
    _side_by_side(
        results,
        lambda k: pictures.portrait(
            runs[k], load_data(runs[k].experiment), player, key=f"portrait-{k}", peers=runs
        ),
    )
    if len(runs) < 2:
        return
    labels = [each.lane.label for each in results]
    hues = [each.lane.colour for each in results]
    places = None if player is None else player.updates
    ways, changes = charts.weight_trajectories(runs, labels, hues, data.feature_names, places)
    figure.show(
        ways,
        key="ways",
        alt="Trajectories of the lanes through weight space, from the ring to the large dot.",
        height=460,
        frames=None if player is None else player.together(changes),
    )


def _mistakes(
    results: Sequence[Result], runs: Sequence[Run], outcome: Outcome, player: Player | None
) -> None:
    """Confusion matrices, losses of all examples, and the worst of them."""
    if player is not None:
        pictures.zero_gradient_shares(player, load_data(runs[0].experiment))

    def show(k: int) -> None:
        data = load_data(runs[k].experiment)
        pictures.confusion(runs[k], data, player, key=f"confusion-{k}")
        if data.image_shape is not None:
            pictures.worst(runs[k], data, player, key=f"worst-{k}")
        else:
            pictures.worst_table(runs[k], data, player, key=f"worst-{k}")
        if player is not None:
            pictures.losses(runs[k], data, player, key=f"losses-{k}", title="Loss of each example")

    _side_by_side(results, show)


def _optimum(
    results: Sequence[Result], runs: Sequence[Run], outcome: Outcome, player: Player | None
) -> None:
    """The certified gap, and the distance to the optimum over time."""
    names = {run.experiment: each.lane.label for run, each in zip(runs, results, strict=True)}
    histories = {run.experiment: run.history for run in runs}
    distances.show_certified_gaps(names, histories, outcome.optima)
    _side_by_side(
        results,
        lambda k: distances.distance_to_optimum(
            runs[k], outcome.optima, key=f"distance-{k}", frames=cursor(player)
        ),
    )


def _example(
    results: Sequence[Result], runs: Sequence[Run], outcome: Outcome, player: Player | None
) -> None:
    """One example through each loss."""
    of_losses = {run.experiment.loss: run for run in reversed(runs)}
    shown = list(reversed(of_losses.values()))
    one_example.example(shown, load_data(shown[0].experiment))


def _terms(
    results: Sequence[Result], runs: Sequence[Run], outcome: Outcome, player: Player | None
) -> None:
    """The objective and its parts, and the norms of gradient and weights."""

    def show(k: int) -> None:
        run = runs[k]
        last = run.history.iloc[-1]
        st.caption(
            f"Objective = data loss {last['data_loss']:.4g} + penalty {last['penalty']:.4g}."
            f" Weight norm {last['weight_norm']:.4g}."
        )
        figure.show(
            recipe(
                training.objective,
                run.experiment,
                run.history,
                run,
                theme=figure.theme(),
                scales=Scales(log_y=widgets.value("log_y")),
                optimum=outcome.optima.of(run.experiment),
            ),
            key=f"terms-{k}",
            alt=figure.describe(
                "Objective, data loss, penalty and test loss", run.history, "objective"
            ),
            height=380,
            frames=cursor(player),
        )
        figure.show(
            recipe(training.gradient, run.experiment, run.history, theme=figure.theme()),
            key=f"gradient-{k}",
            alt=figure.describe("Gradient norm and weight norm", run.history, "gradient_norm"),
            frames=cursor(player),
        )

    if widgets.custom_widget("first_loss") is not None:
        for loss in dict.fromkeys(run.experiment.loss for run in runs):
            run = next(each for each in runs if each.experiment.loss == loss)
            st.caption(training.loss_at_start_in_words(run.experiment))
    _side_by_side(results, show)


def _settings(
    results: Sequence[Result], runs: Sequence[Run], outcome: Outcome, player: Player | None
) -> None:
    """The conventions of losses and penalties, here and in other libraries."""
    conventions.panel([run.experiment for run in runs])


PARTS: Mapping[str, Part] = {
    "rates": _rates,
    "weights": _weights,
    "mistakes": _mistakes,
    "optimum": _optimum,
    "example": _example,
    "terms": _terms,
    "settings": _settings,
}


def _saved(runs: Sequence[Run]) -> None:
    """Links to pages about these runs."""
    ids = [run.id for run in runs]
    with st.container(horizontal=True, vertical_alignment="center"):
        page_links.link_to_inspect_page(ids[0])
        page_links.link_to_landscape_page(ids)
        st.page_link(
            pages.COMPARE.file,
            label="Compare runs",
            icon=":material/compare_arrows:",
            query_params={"runs": ",".join(ids)},
        )
