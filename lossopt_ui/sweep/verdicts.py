"""The verdict of a sweep: the best combination, its significance, and whether to extend a range."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from lossopt_core.analysis.axes import as_text
from lossopt_core.analysis.borders import Border, borders
from lossopt_core.analysis.groups import whole
from lossopt_core.analysis.pairing import ROUNDING, TOO_MANY_AT_ONCE, max_candidates
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts.sweep_cells import comparable, short
from lossopt_ui.experiment import saved_runs
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import differences, groups, table_rows
from lossopt_ui.runs.groups import Group
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.pages.settings import SETTINGS
from lossopt_ui.sweep import axes
from lossopt_ui.sweep.plan import Plan

MAX_EQUAL = 3
"""Most combinations named as tied with the best."""


def show(plan: Plan, table: pd.DataFrame, optima: Optima) -> list[str]:
    """Show one verdict, or one per loss if the metric is not comparable between losses.

    Combinations with diverged runs are only counted. Returns notes on how the verdicts were found.
    """
    column = widgets.value("value")
    known, notes = whole(table), []
    if len(known) < len(table):
        gone = table["family"].nunique() - known["family"].nunique()
        what = "1 combination has" if gone == 1 else f"{gone:,} combinations have"
        notes.append(f"{what} diverged runs, and so no mean to compare.")
    for loss, part in _parts(known, column).items():
        notes += _best(plan, part, _in_order(part, column), column, loss, optima)
    return notes


def _in_order(part: pd.DataFrame, column: str) -> pd.DataFrame:
    return table_rows.in_order(table_rows.rows_of(part, grouped=True), [column])


def _parts(known: pd.DataFrame, column: str) -> Mapping[str, pd.DataFrame]:
    """The results that can be compared, by loss if the metric depends on it."""
    known = known.dropna(subset=column) if column in known else known.iloc[:0]
    return {} if known.empty or not MEASURES[column].better else comparable(known, column)


def _on_one_split(group: Group) -> str:
    """What the runs do not vary, where a mean over them says nothing of other test examples."""
    splits = {each.split_seed for each in group.experiments}
    return " on one split" if len(group.experiments) > 1 and len(splits) == 1 else ""


def _best(
    plan: Plan, table: pd.DataFrame, rows: pd.DataFrame, column: str, loss: str, optima: Optima
) -> list[str]:
    """Name the best combination, and compare it with the second best and the worst.

    All three were picked by these very results, so the tests are corrected for all pairs.
    """
    if len(rows) < 2:
        return []
    wanted = [rows["family"].iloc[place] for place in (0, 1, -1)]
    equal = _equally_good(rows, column)
    chosen = groups.group_runs(
        saved_runs.members(table[table["family"].isin([*wanted, *equal])]), grouped=True, by=()
    )
    by_key = {group.key: group for group in chosen}
    if len(by_key) < 2:
        return []
    best = by_key[wanted[0]]
    mean = rows[column].iloc[0]
    number = f"{100 * mean:.2f} %" if MEASURES[column].percent else f"{mean:.4g}"
    what = short(column).removesuffix(" (%)").lower()
    of_loss = f" of {names.value_text('loss', loss)}" if loss else ""
    st.markdown(
        f"**Best {what}{of_loss}: {names.escape_markdown(best.label)}**, {number}"
        f" on average over {names.counted(rows['runs'].iloc[0], 'run')}{_on_one_split(best)}, of"
        f" {names.counted(len(rows), 'combination')}{_about_rates(plan)}."
    )
    _list_ties([by_key[key].label for key in equal[:MAX_EQUAL] if key in by_key], len(equal))
    # Of two combinations the other one is the second best, not the worst.
    rank = {wanted[2]: "Worst", wanted[1]: "Second best"}
    others = [by_key[key] for key in dict.fromkeys(wanted[1:]) if key in by_key]
    found = differences.paired(others, best, column, optima, comparisons=math.comb(len(rows), 2))
    said = [
        f"- {rank[each.key]}: {differences.sentence(each, best, column, found.get(each.key))}"
        for each in others
    ]
    st.markdown("\n".join(said))
    notes = [differences.note(found)]
    verdicts = {each.verdict for each in found.values()}
    if TOO_MANY_AT_ONCE in verdicts and len(rows) > max_candidates():
        notes.append(
            f"The best was picked from {len(rows)} combinations, so the verdict is corrected for"
            f" all their pairs. Only a sweep of at most {max_candidates()} combinations can get"
            " a verdict."
        )
    return notes


def _about_rates(plan: Plan) -> str:
    """How the learning rates were chosen; one rate for all may decide the comparison."""
    if plan.tuned or not plan.about_rates:
        return f", {plan.about_rates}" if plan.about_rates else ""
    return f", **{plan.about_rates}**, which favours those that it suits"


def _equally_good(rows: pd.DataFrame, column: str) -> list[str]:
    """The groups whose mean equals the best, up to rounding."""
    best = rows[column].iloc[0]
    alike = [math.isclose(each, best, rel_tol=ROUNDING) for each in rows[column].iloc[1:]]
    return list(rows["family"].iloc[1:][alike])


def _list_ties(labels: Sequence[str], number: int) -> None:
    if number:
        more = f" and {number - len(labels):,} more" if number > len(labels) else ""
        st.markdown(f"Tied with it on average: {names.escape_markdown(', '.join(labels))}{more}.")


def link_to_compare(table: pd.DataFrame) -> None:
    """A link to the best and second best of each loss on the Compare page."""
    column = widgets.value("value")
    ordered = [_in_order(part, column) for part in _parts(whole(table), column).values()]
    if not ordered:
        return
    best = [rows.drop_duplicates("loss")["family"] for rows in ordered]
    ids = list(dict.fromkeys(pd.concat([*best, *(r["family"].head(2) for r in ordered)])))
    if len(ids) < 2:
        return
    st.page_link(
        pages.COMPARE.file,
        label="Compare the best combinations",
        icon=":material/compare_arrows:",
        query_params={
            "runs": ",".join(ids),
            "part": "differences",
            "baseline": ids[0],
            "measure": column,
        },
    )


def offer_to_extend(table: pd.DataFrame) -> None:
    """Warn of each range at whose edge the best value lies, with a button to extend it."""
    column = widgets.value("value")
    parts = _parts(whole(table), column)
    chosen, _ = axes.chosen()
    found: dict[tuple[str, bool], Border] = {}
    for part in parts.values():
        found |= {(each.name, each.low): each for each in borders(part, column, chosen)}
    for (name, low), border in found.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"The best value is at the edge of the range: {SETTINGS[name].lower()}"
                f" {border.value:g} is the {'lowest' if low else 'highest'} tried."
                " A better one may lie outside.",
                icon=":material/border_outer:",
            )
            wider = [border.wider if each.name == name else each for each in chosen]
            st.button(
                "Extend the range",
                key=f"widen-{name}" if (name, not low) not in found else f"widen-{name}-{low}",
                on_click=widgets.put,
                args=("axes", as_text(wider)),
            )
