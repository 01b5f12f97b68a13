"""What a sweep says first: the best combination, whether it is real, what may lie beyond it."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from lossopt_core.analysis.borders import Border, borders
from lossopt_core.analysis.groups import whole
from lossopt_core.analysis.pairing import ROUNDING, TOO_MANY_AT_ONCE, most_to_pick_from
from lossopt_core.analysis.sweep import as_text
from lossopt_core.experiment.measures import MEASURES
from lossopt_ui.charts.sweep_cells import comparable, short
from lossopt_ui.experiment import saved_runs
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.runs import differences, entries, lines
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.pages.settings import SETTINGS
from lossopt_ui.sweep import form

MOST_EQUAL = 3
"""Combinations that are named beside the best, where they are as good."""


def show(table: pd.DataFrame, optima: Optima) -> None:
    """One verdict, or one for each loss where values of several cannot be compared.

    Of combinations some of whose runs diverged nothing is said but how many they are.
    """
    column = widgets.value("value")
    known = whole(table)
    if len(known) < len(table):
        gone = table["family"].nunique() - known["family"].nunique()
        what = "1 combination has" if gone == 1 else f"{gone:,} combinations have"
        st.caption(f"{what} runs that diverged, and no mean that could be compared.")
    known = known.dropna(subset=column) if column in known else known.iloc[:0]
    if known.empty or not MEASURES[column].better:
        return
    parts = comparable(known, column)
    ordered = {
        loss: entries.in_order(entries.entries(part, together=True), [column])
        for loss, part in parts.items()
    }
    for loss, part in parts.items():
        _best(part, ordered[loss], column, loss, optima)
    _where_to_compare(ordered, column)
    _borders(parts, column)


def _best(table: pd.DataFrame, rows: pd.DataFrame, column: str, loss: str, optima: Optima) -> None:
    """The best combination, and whether it is better than the next and than the worst.

    They were picked by what came of them: any two of the combinations could have come out as those
    that are compared, so that all pairs are corrected for.
    """
    if len(rows) < 2:
        return
    wanted = [rows["family"].iloc[place] for place in (0, 1, -1)]
    equal = _equally_good(rows, column)
    chosen = lines.lines_of(
        saved_runs.members(table[table["family"].isin([*wanted, *equal])]), together=True, group=()
    )
    by_key = {line.key: line for line in chosen}
    if len(by_key) < 2:
        return
    best = by_key[wanted[0]]
    mean = rows[column].iloc[0]
    number = f"{mean:.2%}" if MEASURES[column].percent else f"{mean:.4g}"
    what = short(column).removesuffix(" (%)").lower()
    of_loss = f" of {names.shown('loss', loss)}" if loss else ""
    st.markdown(
        f"**Best {what}{of_loss}: {names.in_markdown(best.label)}**, {number}"
        f" on average over {names.counted(rows['runs'].iloc[0], 'run')}."
    )
    _say_equal([by_key[key].label for key in equal[:MOST_EQUAL] if key in by_key], len(equal))
    standing = {wanted[2]: "Worst", wanted[1]: "Next"}  # of two combinations the second is next
    others = [by_key[key] for key in dict.fromkeys(wanted[1:]) if key in by_key]
    found = differences.paired(others, best, column, optima, comparisons=math.comb(len(rows), 2))
    for line in others:
        said = differences.sentence(line, best, column, found.get(line.key))
        st.markdown(f"- {standing[line.key]}: {said}")
    st.caption(differences.note(found))
    verdicts = {each.verdict for each in found.values()}
    if TOO_MANY_AT_ONCE in verdicts and len(rows) > most_to_pick_from():
        st.caption(
            f"As the best was picked from {len(rows)} combinations, all their pairs are corrected"
            f" for. A sweep of at most {most_to_pick_from()} combinations can get a verdict."
        )


def _equally_good(rows: pd.DataFrame, column: str) -> list[str]:
    """The families whose mean is that of the best; sums in another order round differently."""
    best = rows[column].iloc[0]
    alike = [math.isclose(each, best, rel_tol=ROUNDING) for each in rows[column].iloc[1:]]
    return list(rows["family"].iloc[1:][alike])


def _say_equal(labels: Sequence[str], number: int) -> None:
    if number:
        more = f" and {number - len(labels):,} more" if number > len(labels) else ""
        st.markdown(f"Equal to it on average: {names.in_markdown(', '.join(labels))}{more}.")


def _where_to_compare(ordered: Mapping[str, pd.DataFrame], column: str) -> None:
    """A link to the best of each loss, and to those that come next, on the compare page."""
    best = [rows.drop_duplicates("loss")["family"] for rows in ordered.values()]
    ids = list(dict.fromkeys(pd.concat([*best, *(r["family"].head(2) for r in ordered.values())])))
    if len(ids) < 2:
        return
    st.page_link(
        pages.COMPARE.file,
        label="Compare the best on the compare page",
        icon=":material/compare_arrows:",
        query_params={
            "runs": ",".join(ids),
            "part": "differences",
            "baseline": ids[0],
            "measure": column,
        },
    )


def _borders(parts: Mapping[str, pd.DataFrame], column: str) -> None:
    """A warning for each border at which the best lies, and a button that widens it."""
    axes, _ = form.axes()
    found: dict[tuple[str, bool], Border] = {}
    for part in parts.values():
        found |= {(each.name, each.low): each for each in borders(part, column, axes)}
    for (name, low), border in found.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"The best value lies on the border: {SETTINGS[name].lower()}"
                f" {border.value:g} is the {'lowest' if low else 'highest'} tried."
                " A better one may lie beyond.",
                icon=":material/border_outer:",
            )
            wider = [border.wider if each.name == name else each for each in axes]
            st.button(
                "Widen it",
                key=f"widen-{name}" if (name, not low) not in found else f"widen-{name}-{low}",
                on_click=widgets.put,
                args=("axes", as_text(wider)),
            )
