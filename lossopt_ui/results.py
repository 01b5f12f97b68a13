"""Parts of pages that show what came of a training."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from lossopt_core import LOSSES, OPTIMIZERS, Data, Experiment, Run, load_data
from lossopt_core.diagnostics import examples_by_loss
from lossopt_core.run import DIVERGED, FINISHED, STOPPED
from lossopt_core.stopping import STOPPING
from lossopt_ui import figure, learning_rate, navigation, optimum, training
from lossopt_ui.charts import classifier, comparison, steps
from lossopt_ui.charts import training as charts
from lossopt_ui.charts.curves import Level
from lossopt_ui.optimum import Optima

WORST_ROWS = 8


def nothing_yet(outcome: training.Outcome) -> None:
    """What stands where the results will be."""
    if outcome.running:
        st.skeleton(height=380)
    else:
        st.info(
            "Choose the settings at the left (on a small screen behind », at the top), then press"
            " **Train**.",
            icon=":material/play_arrow:",
        )


def key_figures(experiment: Experiment, history: pd.DataFrame) -> None:
    """The numbers at the end of the training, each with its change since the start."""
    first, last = history.iloc[0], history.iloc[-1]
    tested = pd.notna(last["test_accuracy"])
    a, *b, c, d = st.columns(4 if tested else 3)
    unit = " nats" if experiment.loss == "cross_entropy" else ""
    a.metric(
        "Objective (lower is better)",
        f"{last['objective']:.4g}{unit}",
        delta=f"{last['objective'] - first['objective']:.3g} since the start",
        delta_color="off",
        border=True,
        help="Data loss plus penalty, over all training examples.",
    )
    for place in b:
        place.metric(
            "Test accuracy",
            percent(last["test_accuracy"]),
            delta=points(last["test_accuracy"] - last["train_accuracy"], "against training"),
            delta_color="off",
            border=True,
            help="Share of the test examples that are classified rightly.",
        )
    c.metric(
        "Training accuracy",
        percent(last["train_accuracy"]),
        delta=points(last["train_accuracy"] - first["train_accuracy"], "since the start"),
        delta_color="off",
        border=True,
        help="Share of the training examples that are classified rightly.",
    )
    d.metric(
        "Gradient norm",
        f"{last['gradient_norm']:.2g}",
        delta=f"{int(last['update']):,} updates",
        delta_color="off",
        delta_arrow="off",
        border=True,
        help="0 at the optimum. For the hinge a subgradient, which need not vanish.",
    )


def percent(share: float) -> str:
    """A share as a percentage."""
    return f"{100 * share:.1f} %"


def points(difference: float, against: str) -> str:
    """A difference of shares in percentage points."""
    return f"{100 * difference:+.1f} points {against}"


def loss_figures(histories: Mapping[Experiment, pd.DataFrame]) -> None:
    """Accuracy under each loss, the first as the baseline of the others.

    Where all examples are trained on it is the accuracy on those.
    """
    last = [history.iloc[-1] for history in histories.values()]
    tested = bool(pd.notna(last[0]["test_accuracy"]))
    part, column = ("test", "test_accuracy") if tested else ("training", "train_accuracy")
    baseline = LOSSES[next(iter(histories)).loss].label.lower()
    for k, (place, experiment) in enumerate(zip(st.columns(len(last)), histories, strict=True)):
        gain = points(last[k][column] - last[0][column], f"against {baseline}")
        in_training = f"{percent(last[k]['train_accuracy'])} in training" if tested else None
        place.metric(
            f"{LOSSES[experiment.loss].label}: {part} accuracy",
            percent(last[k][column]),
            delta=gain if k else in_training,
            delta_color="off",
            delta_arrow="auto" if k else "off",
            border=True,
            help=f"Share of the {part} examples that are classified rightly.",
        )


def objective_figures(histories: Mapping[str, pd.DataFrame], runs: Sequence[Run] | None) -> None:
    """The objective reached by each, the first as the baseline of the others.

    Differences are given once all have come to their end: before, they have not done the same
    work.
    """
    comparable = runs is not None and all(run.status == FINISHED for run in runs)
    last = [history.iloc[-1] for history in histories.values()]
    for k, (place, name) in enumerate(zip(st.columns(len(last)), histories, strict=True)):
        difference = last[k]["objective"] - last[0]["objective"]
        place.metric(
            f"{name}: objective",
            f"{last[k]['objective']:.4g}",
            delta=f"{difference:+.3g} against GD" if k and comparable else None,
            delta_color="off",
            border=True,
            help=f"Objective (lower is better) after {last[k]['update']:,.0f} updates"
            f" and {last[k]['gradient_evaluations']:,.0f} gradient evaluations.",
        )


def certified(
    names: Mapping[Experiment, str], histories: Mapping[Experiment, pd.DataFrame], optima: Optima
) -> None:
    """How near each training is to the best possible, in a line each; a name '' is left out."""
    lines = []
    for experiment, history in histories.items():
        last = history["objective"].iloc[-1]
        sentence = optimum.verdict(experiment, float(last), optima)
        lines.append(f"{names[experiment]}: {sentence}" if names[experiment] else sentence)
    st.caption("  \n".join(lines))


def objective_or_distance(
    experiment: Experiment, history: pd.DataFrame, optima: Optima, *, show: str, log_y: bool
) -> None:
    """One loss on an axis of its own: its objective, or the distance to the best possible."""
    label, distances = LOSSES[experiment.loss].label, optima.along(experiment, history)
    if show == "distance" and distances is not None:
        chart = charts.distance(
            experiment,
            distances,
            theme=figure.theme(),
            floor=optimum.floor(experiment, optima),
            title=f"{label}: distance to the optimum",
        )
        words = describe(f"{label}: distance to the optimum", distances, "distance")
    else:
        known = optima.certificates.get(experiment)
        chart = comparison.one_loss(
            experiment, history, theme=figure.theme(), log_y=log_y, optimum=known
        )
        words = describe(label, history, "objective")
    figure.show(chart, key=f"objective-{experiment.loss}", alt=words, height=330)


def objectives_or_distances(
    names: Mapping[Experiment, str],
    colour: Sequence[str],
    outcome: training.Outcome,
    *,
    show: str,
    x: str,
    log_x: bool,
    log_y: bool,
) -> None:
    """Several trainings of one loss on one axis: their objectives, or their distances.

    Distances come with the floors that the noise of the steps should hold them at.
    """
    optima = outcome.optima
    histories = {each: outcome.histories[each] for each in names}
    distances = {each: optima.along(each, history) for each, history in histories.items()}
    far = show == "distance" and all(table is not None for table in distances.values())
    title = "Distance to the optimum" if far else "Objective"
    floors = [optimum.floor(each, optima) for each in names] if far else []
    figure.show(
        comparison.overlay(
            {names[each]: table for each, table in (distances if far else histories).items()},
            colour,
            column="distance" if far else "objective",
            theme=figure.theme(),
            title=title,
            x=x,
            log_x=log_x,
            log_y=log_y or far,
            levels=[
                Level(floor, "predicted noise floor", hue)
                for floor, hue in zip(floors, colour, strict=False)
                if floor
            ],
        ),
        key="objective",
        alt=f"{title} of {', '.join(names.values())} over {x.replace('_', ' ')}.",
        height=380,
    )


def distance_and_steps(
    experiment: Experiment, history: pd.DataFrame, run: Run | None, optima: Optima
) -> None:
    """Side by side: the way to the optimum, and the step against its limits."""
    one, two = st.columns(2)
    distances = optima.along(experiment, history)
    with one:
        if distances is None:
            st.caption(optimum.verdict(experiment, float(history["objective"].iloc[-1]), optima))
        else:
            figure.show(
                charts.distance(
                    experiment,
                    distances,
                    theme=figure.theme(),
                    gaps=None if run is None else optimum.gaps(run),
                    floor=optimum.floor(experiment, optima),
                ),
                key="distance",
                alt=describe("Distance to the optimum", distances, "distance"),
                height=340,
            )
    with two:
        step_against_limits(experiment, optima)


def step_against_limits(experiment: Experiment, optima: Optima) -> None:
    """The chart of the limits, or why there are none."""
    known = optimum.limits(experiment, optima)
    if known is None:
        st.caption(learning_rate.why_no_limit(experiment))
        return
    edge = "" if known.at_optimum is None else f", edge at the optimum {known.at_optimum:.3g}"
    figure.show(
        steps.limits(known, experiment.learning_rate, figure.theme()),
        key="step-limits",
        alt=f"Learning rate {experiment.learning_rate:g} against its limits: guaranteed"
        f" {known.guaranteed:.3g}, at the start {known.at_start:.3g}{edge}.",
        height=260,
    )
    st.caption(
        "For steps along full gradients; minibatches are noisy and need shorter ones. Beyond the"
        " edge no training comes to rest at the optimum."
    )


def say_how_they_ended(runs: Sequence[Run] | None) -> None:
    """Where runs did not come to their end, say so and what to do.

    The container stands there with or without words, so that the charts below it stay the same.
    """
    with st.container():
        for run in runs or []:
            _say_how_it_ended(run)


def _say_how_it_ended(run: Run) -> None:
    if run.status == STOPPED:
        st.info(
            f"Stopped. What was done is kept: {run.final['update']:,.0f} of"
            f" {run.experiment.updates:,} updates of {_who(run)}. Train again to go to the end.",
            icon=":material/stop_circle:",
        )
    if run.status == FINISHED and run.final["update"] < run.experiment.updates:
        st.info(
            f"{_who(run)} ended after {run.final['update']:,.0f} of {run.experiment.updates:,}"
            f" updates: {run.reason}. {STOPPING[run.experiment.stopping].summary}",
            icon=":material/flag:",
        )
    if run.status != DIVERGED:
        return
    st.warning(
        f"{_who(run)} diverged after {run.final['update']:,.0f} of {run.experiment.updates:,}"
        " updates: the objective grew without bound. The learning rate"
        f" {run.experiment.learning_rate:g} is too large here: try a tenth of it.",
        icon=":material/trending_up:",
    )


def _who(run: Run) -> str:
    optimizer, loss = OPTIMIZERS[run.experiment.optimizer].label, LOSSES[run.experiment.loss].label
    return f"{optimizer} on {loss.lower()}"


def describe(what: str, history: pd.DataFrame, column: str) -> str:
    """A chart in words, for those who cannot see it."""
    first, last = history[column].iloc[0], history[column].iloc[-1]
    epochs = history["epoch"].iloc[-1]
    return (
        f"{what} over {epochs:g} epochs; {column.replace('_', ' ')} from {first:.4g} to {last:.4g}."
    )


def classifier_pictures(run: Run) -> None:
    """Weights or decision regions, confusion and the worst examples."""
    data, theme = load_data(run.experiment), figure.theme()
    one, two = st.columns(2)
    with one:
        if classifier.can_be_drawn(data):
            figure.show(
                classifier.portrait(run, data, theme),
                key="portrait",
                alt=portrait_in_words(data),
                height=portrait_height(data),
            )
        else:
            st.info("Templates need images, decision regions two features: none to draw here.")
    with two:
        figure.show(
            classifier.confusion(run, data, theme),
            key="confusion",
            alt="Confusion matrix: true classes in rows, predicted classes in columns.",
            height=360,
        )
    if data.image_shape is not None:
        figure.show(
            classifier.worst_images(run, data, theme),
            key="worst",
            alt="The ten examples with the largest loss, with true and predicted class.",
            height=340,
        )
    else:
        worst_table(run, data)


def portrait_height(data: Data) -> int:
    """Templates are two rows of small images; regions need more room."""
    return 270 if data.image_shape is not None else 380


def portrait_in_words(data: Data) -> str:
    """What the classifier's picture shows."""
    if data.image_shape is not None:
        return f"Weights of {len(data.class_names)} classes as images on one scale."
    return "Regions of the plane by the class that the classifier chooses, with the examples."


def worst_table(run: Run, data: Data) -> None:
    """The examples of largest loss as rows."""
    part = classifier.part(data)
    table = examples_by_loss(run, data, part).head(WORST_ROWS)
    names = list(data.class_names)
    st.markdown("**Worst examples**")
    st.dataframe(
        table.assign(
            true=[names[each] for each in table["true"]],
            predicted=[names[each] for each in table["predicted"]],
        ),
        hide_index=True,
        column_config={
            "row": st.column_config.NumberColumn(f"row of the {part} part"),
            "loss": st.column_config.NumberColumn("loss", format="%.4g"),
        },
    )


def kept(runs: Sequence[Run]) -> None:
    """Say that the runs are kept, with the way to the compare page."""
    a, b = st.columns([3, 1], vertical_alignment="center")
    words = "This run is kept" if len(runs) == 1 else "These runs are kept"
    a.caption(f"{words}: {', '.join(run.id for run in runs)}.")
    b.page_link(
        navigation.COMPARE,
        label="Compare runs",
        icon=":material/compare_arrows:",
        query_params={"runs": ",".join(run.id for run in runs)},
    )
