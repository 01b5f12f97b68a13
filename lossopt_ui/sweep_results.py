"""What came of a sweep: the best, whether it is real, the pictures, the table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lossopt_core import Experiment, StepLimits
from lossopt_core.borders import borders
from lossopt_core.certificates import problem_id
from lossopt_core.digits import with_spread
from lossopt_core.fields import Number
from lossopt_core.measures import MEASURES
from lossopt_core.sparsity import zero_strength
from lossopt_core.sweep import NOT_SWEPT, as_text
from lossopt_ui import (
    controls,
    differences,
    entries,
    figure,
    kept,
    lines,
    links,
    names,
    navigation,
    optimum,
    places,
    sweeping,
)
from lossopt_ui.charts import sweep_cells, sweep_map
from lossopt_ui.charts import sweeps as charts
from lossopt_ui.charts.curves import DISTANCES
from lossopt_ui.optimum import Optima
from lossopt_ui.views import BY_ITSELF, SETTINGS

DASHES = "–"


def results_of(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """The rows of the sweep's runs that are kept."""
    table = kept.table()
    return table[table["id"].isin([each.id for each in experiments])]


def results(experiments: Sequence[Experiment]) -> None:
    """What came of the sweep so far: the best, the pictures, the table."""
    table = results_of(experiments)
    if table.empty:
        st.info("Nothing is trained yet. Press **Run the sweep**.", icon=":material/play_arrow:")
        return
    by_id = {each.id: each for each in experiments}
    of_distance = controls.value("value") in DISTANCES
    has_edges = controls.value("look") == "map" and table["learning_rate"].nunique() > 1
    optimum.watch(
        [by_id[id] for id in table["id"]] if of_distance or has_edges else [],
        lambda optima: _draw(_with_distance(table, by_id, optima), experiments, optima),
    )


def _with_distance(
    table: pd.DataFrame, by_id: dict[str, Experiment], optima: Optima
) -> pd.DataFrame:
    value = controls.value("value")
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
        st.caption("Computing the best possible objectives, with a proof …")
    return table.assign(**{value: column})


def _draw(table: pd.DataFrame, experiments: Sequence[Experiment], optima: Optima) -> None:
    rows = entries.in_order(entries.entries(table, together=True), [controls.value("value")])
    _verdicts(table, rows)
    _border_warnings(table)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.setting("look", width="stretch", label_visibility="collapsed")
        controls.setting("value", width=280)
    _picture(table, experiments, optima)
    _table(rows)
    _opened(table)


def _verdicts(table: pd.DataFrame, rows: pd.DataFrame) -> None:
    """The best combination, and whether it is better than the next and than the worst."""
    column = controls.value("value")
    if len(rows) < 2 or pd.isna(rows[column].iloc[0] if column in rows else float("nan")):
        return
    wanted = [rows["family"].iloc[place] for place in (0, 1, -1)]
    chosen = lines.lines_of(
        kept.members(table[table["family"].isin(wanted)]), together=True, group=()
    )
    by_key = {line.key: line for line in chosen}
    if len(by_key) < 2:
        return
    best = by_key[wanted[0]]
    mean = rows[column].iloc[0]
    number = f"{mean:.2%}" if MEASURES[column].percent else f"{mean:.4g}"
    st.markdown(
        f"**Best {sweep_cells.short(column).lower()}: {names.in_markdown(best.label)}**, {number}"
        f" on average over {int(rows['runs'].iloc[0])} runs."
    )
    others = [by_key[key] for key in dict.fromkeys(wanted[1:]) if key in by_key]
    for sentence in differences.against(best, others, column, Optima({}, pending=False)):
        st.markdown(f"- {sentence}")
    best_by_loss = rows.drop_duplicates("loss")["family"] if "loss" in rows else []
    ids = list(dict.fromkeys([*best_by_loss, *wanted[:2]]))
    st.page_link(
        places.COMPARE,
        label="Compare the best on the compare page",
        icon=":material/compare_arrows:",
        query_params={"runs": ",".join(ids), "part": "differences", "baseline": ids[0]},
    )


def _border_warnings(table: pd.DataFrame) -> None:
    column = controls.value("value")
    found, _ = sweeping.axes()
    for border in borders(table, column, found):
        side = "lowest" if border.low else "highest"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"The best value lies on the border: {SETTINGS[border.name].lower()}"
                f" {border.value:g} is the {side} tried. A better one may lie beyond.",
                icon=":material/border_outer:",
            )
            wider = [border.wider if each.name == border.name else each for each in found]
            st.button(
                "Widen it",
                key=f"widen-{border.name}",
                on_click=controls.put,
                args=("axes", as_text(wider)),
            )


def _picture(table: pd.DataFrame, experiments: Sequence[Experiment], optima: Optima) -> None:
    column, theme = controls.value("value"), figure.theme()
    varied = [name for name in entries.differing(table) if name not in NOT_SWEPT]
    if not varied or column not in table:
        st.info("There is one combination only: vary a setting to see a picture.")
        return
    look = controls.value("look")
    apart = MEASURES[column].of_a_loss and look != "parallel"
    parts = _by_loss(table) if apart else {"": table}
    if len(parts) > 1:
        st.caption("Values of different losses cannot be compared: each has a picture of its own.")
    if look == "scatter":
        controls.setting("scatter_x", width=280)
    if look in ("map", "sensitivity"):
        x, y = _axes_of_picture(varied)
    for loss, part in parts.items():
        if loss:
            st.markdown(f"**{names.shown('loss', loss)}**")
        if look == "map" and y:
            drawn = sweep_map.heat_map(
                part, x, y, column, theme=theme, edge=_edge(part, experiments, x, y, optima),
                zero_above=_zero_above(part, experiments),
            )  # fmt: skip
        elif look == "parallel":
            drawn = charts.parallel_coordinates(part, varied, column, theme=theme)
        elif look == "scatter":
            drawn = charts.scatter(
                part, controls.value("scatter_x"), column, colour_by=varied[0], theme=theme
            )
        else:
            if look == "map":
                st.caption("A map needs two settings that vary; this is the sensitivity to one.")
            drawn = charts.sensitivity(part, column, x=x, line_by=y, theme=theme)
        figure.show(
            drawn,
            key=f"sweep-{look}-{loss or 'all'}",
            alt=f"{sweep_cells.short(column)} of the sweep; the table below has the numbers.",
            height=440,
            on_click=_open,
        )


def _by_loss(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    groups = {str(loss): rows for loss, rows in table.groupby("loss", sort=False)}
    return groups if len(groups) > 1 else {"": table}


def _axes_of_picture(varied: Sequence[str]) -> tuple[str, str]:
    """Across and up: as chosen, or numbers across and choices up."""
    numbers = [name for name in varied if isinstance(links.DECLARED[name], Number)]
    ordered = sorted(numbers, key=lambda name: name != "learning_rate")
    ordered += [name for name in varied if name not in numbers]
    with st.container(horizontal=True):
        x = controls.setting("map_x", width=240)
        y = controls.setting("map_y", width=240)
    x = x if x != BY_ITSELF and x in varied else ordered[0]
    rest = [name for name in ordered if name != x]
    y = y if y != BY_ITSELF and y in rest else next(iter(rest), "")
    return x, y


def _edge(
    table: pd.DataFrame, experiments: Sequence[Experiment], x: str, y: str, optima: Optima
) -> sweep_map.StepEdge | None:
    """The limit of the learning rate for each value of the other axis, where there is just one.

    The real edge at the optimum where it is known for all of them, else the guaranteed limit.
    """
    if "learning_rate" not in (x, y):
        return None
    other = y if x == "learning_rate" else x
    by_id = {each.id: each for each in experiments}
    found: dict[Any, set[StepLimits | None]] = {}
    for value, rows in table.drop_duplicates("family").groupby(other):
        found[value] = {optimum.limits(by_id[id], optima) for id in rows["id"]}
    limits = {
        value: limit
        for value, each in found.items()
        if len(each) == 1 and (limit := each.pop()) is not None
    }
    real = {value: each.at_optimum for value, each in limits.items() if each.at_optimum is not None}
    if len(real) == len(limits):
        return sweep_map.StepEdge(real, "edge of full-batch steps at the optimum")
    guaranteed = {value: each.guaranteed for value, each in limits.items()}
    return sweep_map.StepEdge(guaranteed, "guaranteed limit 2 / L of full-batch steps")


def _zero_above(table: pd.DataFrame, experiments: Sequence[Experiment]) -> float | None:
    """For L1: the strength above which all weights are zero, where it is one for all runs."""
    by_id = {each.id: each for each in experiments}
    alike = {by_id[id].but(strength=1.0, split_seed=0) for id in table["id"]}
    if len({problem_id(each) for each in alike}) > 1:
        return None
    return _zero_strength(problem_id(first := by_id[table["id"].iloc[0]]), first)


@st.cache_data(max_entries=100, show_spinner=False)
def _zero_strength(problem: str, _experiment: Experiment) -> float | None:
    return zero_strength(_experiment)


def _open(family: Any) -> None:
    """A click on a mark: look at its combination closely."""
    try:
        controls.put("opened", (family,))
    except ValueError:
        return  # what the browser sends may be anything


def _table(rows: pd.DataFrame) -> None:
    """One row a combination, the best first; a row can be opened, like a mark of the picture."""
    varied = [name for name in entries.differing(rows) if name not in NOT_SWEPT]
    shown = pd.DataFrame(index=rows.index)
    for name in varied:
        cells = [DASHES if pd.isna(each) else names.shown(name, each) for each in rows[name]]
        shown[SETTINGS[name]] = cells
    shown["Runs"] = rows["runs"]
    for name, label in (("test_accuracy", "Test accuracy (%)"), ("objective", "Objective")):
        scale = 100.0 if MEASURES[name].percent else 1.0
        shown[label] = rows[name] * scale
        shown[f"± sd ({label.lower()})"] = rows[name + entries.SPREAD] * scale
    shown["Status"] = rows["status"]
    key = f"sweep-table-{hash(tuple(rows['family'])):x}"
    families = list(rows["family"])

    def take() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        controls.put("opened", [families[row] for row in chosen if row < len(families)])

    opened = controls.value("opened")
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        placeholder=DASHES,
        height=min(360, 38 + 35 * len(rows)),
        on_select=take,
        selection_mode="single-row",
        selection_default={
            "selection": {"rows": [families.index(f) for f in opened if f in families]}
        },
        column_config={
            name: st.column_config.NumberColumn(format="%.4g")
            for name in shown
            if shown[name].dtype == float
        },
    )


def _opened(table: pd.DataFrame) -> None:
    """The combination that was clicked: its runs, and where to go on with them."""
    opened = controls.value("opened")
    rows = table[table["family"].isin(opened)]
    if rows.empty:
        return
    [line] = lines.lines_of(kept.members(rows), together=True, group=())
    told = lines.lines_of(kept.members(table.drop_duplicates("family")), together=True, group=())
    label = next(each.label for each in told if each.key == line.key)
    with st.container(border=True):
        st.markdown(f"**{names.in_markdown(label)}**: {len(rows)} runs")
        mean, spread = rows["test_accuracy"].mean(), rows["test_accuracy"].std()
        if pd.notna(mean):
            said = (
                f"{mean:.2%}" if pd.isna(spread) else f"{with_spread(100 * mean, 100 * spread)} %"
            )
            st.write(f"Test accuracy {said}; objective {rows['objective'].mean():.4g}.")
        with st.container(horizontal=True):
            navigation.link_to_train_page(line.experiments[0])
            st.page_link(
                places.COMPARE,
                label="Open its runs on the compare page",
                icon=":material/compare_arrows:",
                query_params={"runs": opened[0], "members": "true"},
            )
