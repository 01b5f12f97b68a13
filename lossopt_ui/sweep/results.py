"""The results of a sweep: verdict on the best combination, charts, table."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from lossopt_core import REGULARIZERS, Experiment, StepLimits
from lossopt_core.analysis.axes import NOT_SWEPT
from lossopt_core.analysis.digits import with_spread
from lossopt_core.analysis.groups import whole
from lossopt_core.analysis.tuned_rate import TunedRate
from lossopt_core.certify.certificates import PROBLEM_SETTINGS, problem_id
from lossopt_core.experiment.measures import MEASURES
from lossopt_core.fields import Number
from lossopt_core.theory.l1_threshold import STATEMENT as ZERO_STATEMENT
from lossopt_core.theory.l1_threshold import zero_strength
from lossopt_core.theory.stability import explanations
from lossopt_core.training.run import DIVERGED, STOPPED
from lossopt_ui.charts import parallel, scatter, sweep_cells, sweep_map
from lossopt_ui.charts import sweeps as charts
from lossopt_ui.charts.curves import DISTANCES
from lossopt_ui.charts.sweep_cells import comparable
from lossopt_ui.experiment import saved_runs
from lossopt_ui.figures import figure
from lossopt_ui.figures.caching import cached
from lossopt_ui.identity import missing_data, workspace
from lossopt_ui.jobs import optimum, watching
from lossopt_ui.jobs.duration import expected_seconds
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.jobs.sequel import Sequel
from lossopt_ui.runs import brushing, table_rows
from lossopt_ui.runs.run_clouds import colour_of_points
from lossopt_ui.state import names, page_links, pages, widgets
from lossopt_ui.state.pages.settings import AUTOMATIC, SETTINGS
from lossopt_ui.state.pages.sweep import LOOKS
from lossopt_ui.state.session import SessionKey, selected_rows
from lossopt_ui.sweep import effects, form, verdicts
from lossopt_ui.sweep.plan import RATE, Plan, doubts

DASHES = "–"
HEIGHT = 420
MAX_UNASKED = 10.0
"""Seconds of the longest sweep that is trained without being asked for."""
_SHOWN: SessionKey[Plan | None] = SessionKey("sweep.shown", lambda: None)
"""The sweep whose results were shown last."""
GONE = "Combination with deleted runs"


def results_of(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """The rows of the sweep's runs, without those that were stopped: they are trained again."""
    table = saved_runs.table()
    planned = table["id"].isin([each.id for each in experiments])
    return table[planned & (table["status"] != STOPPED)]


def show(plan: Plan, *, wanted: bool) -> None:
    """Train what is `wanted`, and show the progress and the results so far.

    Somebody who comes without an address of a sweep sees one at once: that of the settings if it
    is short, or else the example.
    """
    rates = plan.rates(saved_runs.table())
    store = workspace.store()
    came_for_any = widgets.came_without_settings(besides=LOOKS)
    first = _SHOWN.get() is None and came_for_any and not wanted
    if first and expected_seconds(store.missing(plan.everything(rates))) > MAX_UNASKED:
        st.info("The settings are those of a longer sweep. This is an example until you run it.")
        plan = form.example()
        rates = plan.rates(saved_runs.table())
    tuning_left = store.missing(plan.tuning)
    watching.watch_many(
        # Tuning too, even if it is over: a job has saved it before it begins what follows.
        [*plan.tuning, *plan.known(rates)],
        wanted=wanted,
        draw=lambda running: _results(plan, running=running),
        sequel=Sequel.of(plan.sweep, store) if plan.sweep and tuning_left else None,
        live=first,
    )


def _results(plan: Plan, *, running: bool) -> None:
    """The results so far; before there are any, those of the sweep that was shown before."""
    current = _results_of_plan(plan)
    earlier = _SHOWN.get()
    if not current[0].empty:
        _SHOWN.set(plan)
        left = len(plan.experiments) - len(current[0])
        if left and not running:
            st.info(f"{left:,} of {len(plan.experiments):,} runs are still to be trained.")
        _watch_optima(plan, *current)
    elif running or earlier is None:
        show_placeholder("Run the sweep", running=running)
    else:
        st.info("Settings have changed. These are the results of the previous sweep.")
        _watch_optima(earlier, *_results_of_plan(earlier))


def _results_of_plan(plan: Plan) -> tuple[pd.DataFrame, Mapping[Experiment, TunedRate]]:
    rates = plan.rates(saved_runs.table())
    return results_of(plan.known(rates)), rates


def _watch_optima(plan: Plan, table: pd.DataFrame, rates: Mapping[Experiment, TunedRate]) -> None:
    by_id = {each.id: each for each in plan.known(rates)}
    of_distance = widgets.value("value") in DISTANCES
    has_edges = widgets.value("look") == "map" and RATE in plan.swept
    optimum.watch(
        [by_id[id] for id in table["id"]] if of_distance or has_edges else [],
        lambda optima: _draw(plan, _with_distance(table, by_id, optima), rates, optima),
    )


def show_placeholder(button: str, *, running: bool) -> None:
    """Show a placeholder until there are results."""
    if running:
        st.caption("The first results appear as soon as some of the runs are trained.")
    else:
        st.info(f"No results yet. Press **{button}**.", icon=":material/play_arrow:")


def _with_distance(
    table: pd.DataFrame, by_id: dict[str, Experiment], optima: Optima
) -> pd.DataFrame:
    value = widgets.value("value")
    if value not in DISTANCES:
        return table
    known = []
    for id, objective in zip(table["id"], table["objective"], strict=True):
        certificate = optima.of(by_id[id])
        known.append(None if certificate is None else objective - certificate.lower_bound)
    column = pd.Series(known, index=table.index, dtype="float64")
    if value == "distance_share":
        start = table["spark"].str[0] - (table["objective"] - column)
        column = column / start
    if optima.pending:
        st.caption("Computing the certified optima …")
    return table.assign(**{value: column})


def _draw(
    plan: Plan, table: pd.DataFrame, rates: Mapping[Experiment, TunedRate], optima: Optima
) -> None:
    rows = table_rows.in_order(table_rows.rows_of(table, grouped=True), [widgets.value("value")])
    notes = verdicts.show(plan, table, optima)
    some = rows[brushing.matching(rows, "brush")]
    _picture(plan, table, plan.known(rates), optima, set(some["family"]))
    _choose_picture()
    if len(some) < len(rows):
        st.caption(f"Filter: {len(some):,} of {names.counted(len(rows), 'combination')}.")
    for note in dict.fromkeys([*notes, *doubts(rates)]):
        st.caption(note)
    verdicts.link_to_compare(table)
    verdicts.offer_to_extend(table)
    _table(plan, some)
    _opened(table)


def _choose_picture() -> None:
    """The controls of the chart, below it: the verdict and the chart come first."""
    look = widgets.value("look")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.setting("look", label_visibility="collapsed")
        widgets.setting("value", width=220)
        axes = {"scatter": ["scatter_x", "scatter_colour"], "parallel": [], "importance": []}.get(
            look, ["map_x", "map_y"]
        )
        for name in axes:
            widgets.setting(name, width=180)
    widgets.setting("brush")


def _varied(plan: Plan, table: pd.DataFrame) -> list[str]:
    """The settings that differ by choice: neither seeds nor tuned rates."""
    left_out = {*NOT_SWEPT} | ({RATE} if plan.tuned else set())
    return [name for name in table_rows.differing(table) if name not in left_out]


def _picture(
    plan: Plan,
    table: pd.DataFrame,
    experiments: Sequence[Experiment],
    optima: Optima,
    among: Collection[str],
) -> None:
    """The chosen chart of the combinations `among` those of the sweep."""
    column, theme = widgets.value("value"), figure.theme()
    varied = _varied(plan, table)
    if not varied or column not in table:
        st.info("There is only one combination. Sweep a parameter to see a chart.")
        return
    look = widgets.value("look")
    if look == "importance":
        effects.show(table[table["family"].isin(among)], varied, column)
        return
    scatter_x = widgets.value("scatter_x") if look == "scatter" else column
    shown = table if look in ("map", "sensitivity") else whole(table)
    if len(shown) < len(table):
        st.caption("Combinations with diverged runs are left out of this chart.")
    if look != "parallel":  # which shows the others in grey
        shown = shown[shown["family"].isin(among)]
    if shown.empty:
        st.info("No combination with a result matches the filter.")
        return
    parts = comparable(shown, column, scatter_x)
    if len(parts) > 1:
        st.caption("Values of different losses are not comparable: each loss has its own chart.")
        varied = [name for name in varied if name != "loss"] or varied
    if look in ("map", "sensitivity"):
        x, y = _axes_of_picture(varied)
    for loss, part in parts.items():
        if loss:
            st.markdown(f"**{names.value_text('loss', loss)}**")
        if look == "map" and y:
            drawn = sweep_map.heat_map(
                part, x, y, column, theme=theme,
                edge=_edge(part, experiments, x, y, optima),
                zero_above=_zero_above(part, experiments), about_rates=plan.about_rates,
            )  # fmt: skip
        elif look == "parallel":
            drawn = parallel.parallel_coordinates(part, varied, column, theme=theme, among=among)
        elif look == "scatter":
            drawn = scatter.scatter(
                part, scatter_x, column, colour_by=colour_of_points(part, varied), theme=theme
            )
        else:
            if look == "map":
                st.caption(
                    "A heatmap needs two swept parameters. With one, this is its sensitivity curve."
                )
            drawn = charts.sensitivity(
                part, column, x=x, line_by=y, theme=theme, about_rates=plan.about_rates
            )
        figure.show(
            drawn,
            key=f"sweep-{look}-{loss or 'all'}",
            alt=f"{sweep_cells.short(column)} of the sweep; numbers are in the table below.",
            height=HEIGHT,
            on_click=_open,
            on_box=brushing.taker("brush", part, varied, column) if look == "parallel" else None,
        )
        if look == "map" and y:
            _show_sources_of_lines(part, x, y)
        explain_bands(drawn)
    if look == "parallel":
        brushing.explain("filter the table and the charts", column, "brush")


def explain_bands(drawn: go.Figure) -> None:
    """Explain the bands or error bars of a sensitivity chart; other charts have none."""
    bands = any((trace.name or "").endswith(charts.BAND) for trace in drawn.data)
    bars = any("error_y" in trace and np.any(trace.error_y.array) for trace in drawn.data)
    if bands or bars:
        what = "Bands" if bands else "Error bars"
        st.caption(f"{what}: mean ± one standard deviation over the seeds.")


def _axes_of_picture(varied: Sequence[str]) -> tuple[str, str]:
    """The x and y axes: as chosen, or numbers on x and categories on y."""
    numbers = [name for name in varied if isinstance(pages.DECLARED[name], Number)]
    ordered = sorted(numbers, key=lambda name: name != "learning_rate")
    ordered += [name for name in varied if name not in numbers]
    x, y = widgets.value("map_x"), widgets.value("map_y")
    x = x if x != AUTOMATIC and x in varied else ordered[0]
    rest = [name for name in ordered if name != x]
    y = y if y != AUTOMATIC and y in rest else next(iter(rest), "")
    return x, y


def _edge(
    table: pd.DataFrame, experiments: Sequence[Experiment], x: str, y: str, optima: Optima
) -> sweep_map.StepEdge | None:
    """The stability limit of the learning rate for each value of the other axis, if unique.

    The edge at the optimum if it is known for all of them, else the always stable limit.
    """
    if "learning_rate" not in (x, y):
        return None
    other = y if x == "learning_rate" else x
    by_id = {each.id: each for each in experiments}
    found: dict[Any, set[StepLimits | None]] = {}
    for value, rows in table.drop_duplicates("family").groupby(other):
        found[value] = {_limits_of(by_id[id], optima) for id in rows["id"]}
    limits = {
        value: limit
        for value, each in found.items()
        if len(each) == 1 and (limit := each.pop()) is not None
    }
    real = {value: each.at_optimum for value, each in limits.items() if each.at_optimum is not None}
    if len(real) == len(limits):
        return sweep_map.StepEdge(_finite(real), "stability edge at the optimum (full batch)")
    guaranteed = {value: each.guaranteed for value, each in limits.items()}
    return sweep_map.StepEdge(guaranteed, "always stable (full batch)")


def _finite(limits: Mapping[Any, float]) -> dict[Any, float]:
    """Drop infinite limits, which belong to objectives without curvature."""
    return {value: limit for value, limit in limits.items() if math.isfinite(limit)}


def _show_sources_of_lines(table: pd.DataFrame, x: str, y: str) -> None:
    """Behind an info icon: the theorems, with sources, behind the lines on a heatmap."""
    said = []
    if "learning_rate" in (x, y):
        first = Experiment(optimizer=table["optimizer"].iloc[0]) if "optimizer" in table else None
        said += [*explanations(first or Experiment()).values()]
    penalties = table["regularizer"].dropna().unique()
    if "strength" in (x, y) and any(map(_sets_weights_to_zero, penalties)):
        said.append(ZERO_STATEMENT)
    if said:
        st.caption("Theory behind the lines on the heatmap", help="  \n".join(said))


def _sets_weights_to_zero(regularizer: str) -> bool:
    return bool(REGULARIZERS[regularizer]().absolute > 0)


def _limits_of(experiment: Experiment, optima: Optima) -> StepLimits | None:
    return missing_data.known(lambda: optimum.limits(experiment, optima))


def _zero_above(table: pd.DataFrame, experiments: Sequence[Experiment]) -> float | None:
    """For L1: the strength above which all weights are zero, if all runs share it."""
    by_id = {each.id: each for each in experiments}
    alike = {by_id[id].replace(strength=1.0, split_seed=0) for id in table["id"]}
    if len({problem_id(each) for each in alike}) > 1:
        return None
    first = by_id[table["id"].iloc[0]]
    settings = {name: getattr(first, name) for name in PROBLEM_SETTINGS}
    return missing_data.known(lambda: _zero_strength(Experiment(**settings, optimizer="gd")))


@cached(100)
def _zero_strength(experiment: Experiment) -> float | None:
    return zero_strength(experiment)


def _open(mark: Any) -> None:
    """On a click on a mark, open its combination or run below the table."""
    try:
        widgets.put("opened", (mark,))
    except ValueError:
        return  # the browser can send anything


def _table(plan: Plan, rows: pd.DataFrame) -> None:
    """One row per combination, the best first; a row can be opened, like a mark on the chart."""
    varied = [*_varied(plan, rows), *([RATE] if plan.tuned else ())]
    shown = pd.DataFrame(index=rows.index)
    for name in varied:
        cells = [DASHES if pd.isna(each) else names.value_text(name, each) for each in rows[name]]
        tuned = " (tuned)" if plan.tuned and name == RATE else ""
        shown[SETTINGS[name] + tuned] = cells
    shown["Runs"] = rows["runs"]
    for name in dict.fromkeys((widgets.value("value"), "test_accuracy", "objective")):
        if name in rows:
            scale, label = 100.0 if MEASURES[name].percent else 1.0, sweep_cells.short(name)
            shown[label] = rows[name] * scale
            shown[label + table_rows.SPREAD] = rows.get(name + table_rows.SPREAD, math.nan) * scale
    shown["Status"] = rows["status"]
    key = f"sweep-table-{hash(tuple(rows['family'])):x}"
    group_ids = list(rows["family"])

    def take() -> None:
        chosen = selected_rows(key)
        widgets.put("opened", [group_ids[row] for row in chosen if row < len(group_ids)])

    opened = widgets.value("opened")
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        placeholder=DASHES,
        height=min(360, 38 + 35 * len(rows)),
        on_select=take,
        selection_mode="single-row",
        selection_default={
            "selection": {"rows": [group_ids.index(f) for f in opened if f in group_ids]}
        },
        column_config={
            name: st.column_config.NumberColumn(
                "± sd" if name.endswith(table_rows.SPREAD) else None, format="%.4g"
            )
            for name in map(str, shown)
            if shown[name].dtype == float
        },
    )


def _opened(table: pd.DataFrame) -> None:
    """Show the combination or run that was clicked, with links to other pages."""
    opened = widgets.value("opened")
    one = table[table["id"].isin(opened)]
    rows = table[table["family"].isin(opened) | table["family"].isin(one["family"])]
    if rows.empty:
        return
    group_id, first = rows["family"].iloc[0], (rows if one.empty else one).iloc[0]
    experiments = workspace.store().experiments([first["id"]])
    with st.container(border=True):
        st.markdown(f"**{names.escape_markdown(_label(table, group_id))}**: {_how_many(rows)}")
        st.write(_ends(rows) if one.empty else f"Seed {first['seed']:.0f}: {_ends(one)}")
        with st.container(horizontal=True):
            for experiment in experiments.values():
                page_links.link_to_train_page(experiment)
            page_links.link_to_inspect_page(first["id"])
            st.page_link(
                pages.COMPARE.file,
                label="Compare its runs",
                icon=":material/compare_arrows:",
                query_params={"runs": group_id, "members": "true"},
            )


def _label(table: pd.DataFrame, group_id: str) -> str:
    """A label of the combination: the settings that distinguish it from the others."""
    firsts = table.drop_duplicates("family")
    experiments = workspace.store().experiments(firsts["id"])
    # Runs may have been deleted in another tab since the table was read.
    firsts = firsts[firsts["id"].isin(list(experiments))]
    told = names.distinguishing_names(
        [experiments[id].replace(seed=0, split_seed=0) for id in firsts["id"]]
    )
    labels: dict[str, str] = dict(zip(firsts["family"], told, strict=True))
    return labels.get(group_id, GONE)


def _how_many(rows: pd.DataFrame) -> str:
    diverged = int((rows["status"] == DIVERGED).sum())
    runs = names.counted(len(rows), "run")
    return runs + f", {diverged} of them diverged" * (diverged > 0)


def _ends(rows: pd.DataFrame) -> str:
    """Mean and standard deviation of the final metrics of the runs that did not diverge."""
    ended = rows[rows["status"] != DIVERGED]
    if ended.empty:
        return "All runs diverged."
    said = []
    for name in ("test_accuracy", "objective"):
        scale, unit = (100.0, " %") if MEASURES[name].percent else (1.0, "")
        mean, spread = ended[name].mean() * scale, ended[name].std() * scale
        if pd.notna(mean):
            number = f"{mean:.4g}" if pd.isna(spread) else with_spread(mean, spread)
            said.append(f"{MEASURES[name].label.split(' (')[0].lower()} {number}{unit}")
    words = "; ".join(said) + " (± is the standard deviation)" * (len(ended) > 1)
    return f"{words[:1].upper()}{words[1:]}."
