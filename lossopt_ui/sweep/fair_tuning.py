"""Fair tuning on the Sweep page: candidates are tuned one by one, then compared."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import Experiment
from lossopt_core.analysis.axes import Axis, as_text, axis
from lossopt_core.analysis.fair_tuning import (
    PROTOCOLS,
    TUNING_SEEDS,
    VALIDATION,
    Comparison,
    Tuned,
)
from lossopt_core.training.run import DIVERGED
from lossopt_ui.charts import sweeps as charts
from lossopt_ui.config import budgets
from lossopt_ui.experiment import saved_runs
from lossopt_ui.figures import figure
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import watching
from lossopt_ui.jobs.duration import expected_seconds
from lossopt_ui.jobs.optimum import Optima
from lossopt_ui.jobs.sequel import Sequel
from lossopt_ui.runs import differences, group_tables, groups
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.pages.sweep import CANDIDATES
from lossopt_ui.sweep import form, results

FIRST = 3
NO_OPTIMA = Optima({}, pending=False)


def choose(base: Experiment) -> Comparison | None:
    """The controls of a comparison; None, with the reason on the page, if they are invalid."""
    protocol = PROTOCOLS[widgets.setting("protocol")]
    for name in ("candidates", "rates", "seeds"):
        widgets.setting(name)
    chosen = [each for each in widgets.value("candidates") if each in protocol.candidates]
    candidates = chosen or list(protocol.candidates[:FIRST])
    try:
        rates = axis("learning_rate", widgets.value("rates")).values
        fresh_seeds = widgets.value("seeds")
        # Checked before any experiment is created: an address may ask for many thousands.
        budgets.budget().check_grid(len(candidates) * (len(rates) * TUNING_SEEDS + fresh_seeds))
        comparison = Comparison(
            widgets.value("protocol"),
            base,
            tuple(candidates),
            tuple(sorted(rates)),
            fresh_seeds=fresh_seeds,
        )
        comparison.tuning()  # without the validation set, a batch may exceed the training set
        return comparison
    except ValueError as error:
        st.error(names.escape_markdown(f"{str(error)[0].upper()}{str(error)[1:]}."))
        return None


def plan(comparison: Comparison) -> bool:
    """Show the size of the comparison and the Run button; returns whether it was pressed."""
    tuning = comparison.tuning()
    missing = workspace.store().missing(tuning)
    final = comparison.final(_anything(comparison) if missing else _tuned(comparison))
    planned = [*tuning, *final]
    st.markdown(_in_all(planned, workspace.store().missing(planned)))
    return st.button(
        "Run the comparison", key="train", type="primary", icon=":material/play_arrow:",
        width="stretch",
    )  # fmt: skip


def show(comparison: Comparison, *, wanted: bool) -> None:
    """Show the progress and the results."""
    tuning = comparison.tuning()
    missing = workspace.store().missing(tuning)
    final = [] if missing else comparison.final(_tuned(comparison))
    # Both phases at once: between them, a job has saved the first but not yet begun the second.
    watching.watch_many(
        [*tuning, *final],
        wanted=wanted,
        draw=lambda running: _results(comparison, running=running),
        sequel=Sequel.of(comparison, workspace.store()) if missing else None,
    )


def _anything(comparison: Comparison) -> dict[str, Tuned]:
    """Placeholder rates for the time estimate, until the best ones are known."""
    guess = Tuned(comparison.rates[0], math.nan, on_border=True)
    return dict.fromkeys(comparison.candidates, guess)


def _in_all(planned: Sequence[Experiment], to_do: Sequence[Experiment]) -> str:
    words = f"**{len(planned):,} runs** in total."
    if not to_do:
        return f"{words} All of them are already saved."
    if len(to_do) < len(planned):
        words += f" {len(planned) - len(to_do):,} are already saved."
    return f"{words} Training time: about **{form.duration(expected_seconds(to_do))}**."


def _rows(experiments: Sequence[Experiment]) -> pd.DataFrame:
    return results.results_of(experiments)


def _tuned(comparison: Comparison) -> dict[str, Tuned]:
    return comparison.tuned(_rows(comparison.tuning()))


def _results(comparison: Comparison, *, running: bool) -> None:
    rows = _rows(comparison.tuning())
    still_tuning = len(workspace.store().missing(comparison.tuning()))
    if rows.empty:
        results.show_placeholder("Run the comparison", running=running)
        st.caption(f"Phase 1 of 2, tuning: {still_tuning:,} runs left.")
        _explain(comparison)
        return
    tuned = comparison.tuned(rows)
    final = saved_runs.members(_rows(comparison.final(tuned)))
    if still_tuning:
        st.caption(f"Phase 1 of 2, tuning: {still_tuning:,} runs left.")
    elif final:
        _compared(comparison, groups.group_runs(final, grouped=True, by=(comparison.setting,)))
    if not still_tuning:
        _warn_of_edges(comparison, tuned)
    drawn = charts.sensitivity(
        rows, VALIDATION, x="learning_rate", line_by=comparison.setting,
        theme=figure.theme(), title="Validation accuracy (%)",
    )  # fmt: skip
    figure.show(
        drawn,
        key="fair-sensitivity",
        alt="Validation accuracy vs learning rate, one line per candidate.",
        height=440,
    )
    results.explain_bands(drawn)
    _table(comparison, tuned, final)
    _explain(comparison)


def _explain(comparison: Comparison) -> None:
    labels = ", ".join(CANDIDATES[each] for each in comparison.candidates)
    st.caption(
        f"{labels}: each is trained with {len(comparison.rates)} learning rates ×"
        f" {comparison.tuning_seeds} seeds and evaluated on a **validation set**. Then each is"
        f" trained at its best rate with {comparison.fresh_seeds} **fresh seeds** and evaluated on"
        " the **test set**, which tuning never uses."
    )


def _compared(comparison: Comparison, shown: Sequence[groups.Group]) -> None:
    """Name the best candidate, and write a verdict for each of the others."""
    order = sorted(shown, key=_rank)
    if len(shown) < 2 or math.isnan(_mean(order[0].members)):
        return
    best, others = order[0], order[1:]
    st.markdown(
        f"**Highest mean: {names.escape_markdown(best.label)}**, {_mean(best.members):.2%} on"
        f" the test set over {len(best.members)} fresh seeds."
    )
    # The best was picked by these very results, so any pair could have been the one compared.
    pairs = math.comb(len(shown), 2)
    found = differences.paired(others, best, "test_accuracy", NO_OPTIMA, comparisons=pairs)
    for group in others:
        st.markdown(f"- {differences.sentence(group, best, 'test_accuracy', found.get(group.key))}")
    st.caption(differences.note(found))
    ids = list(dict.fromkeys(saved_runs.group_id_of(group.members[0]) for group in order))
    st.page_link(
        pages.COMPARE.file,
        label="Compare these runs",
        icon=":material/compare_arrows:",
        query_params={"runs": ",".join(ids), "baseline": ids[0], "part": "differences"},
    )


def _rank(group: groups.Group) -> float:
    """Sort key: the best first; candidates with a diverged run have no mean and come last."""
    mean = _mean(group.members)
    return math.inf if math.isnan(mean) else -mean


def _ends(members: Sequence[saved_runs.SavedRun]) -> np.ndarray:
    return np.array(group_tables.values(members, "test_accuracy", NO_OPTIMA))


def _mean(members: Sequence[saved_runs.SavedRun]) -> float:
    return float(_ends(members).mean()) if members else math.nan


def _warn_of_edges(comparison: Comparison, tuned: Mapping[str, Tuned]) -> None:
    at_edge = [CANDIDATES[name] for name, each in tuned.items() if each.on_border]
    if not at_edge:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            f"The best learning rate of {', '.join(at_edge)} is at the edge of the grid: a better"
            " one may lie outside.",
            icon=":material/border_outer:",
        )
        wider = as_text([Axis("learning_rate", comparison.wider().rates)]).partition("=")[2]
        st.button("Extend the grid", key="widen", on_click=widgets.put, args=("rates", wider))


def _table(
    comparison: Comparison, tuned: Mapping[str, Tuned], final: Sequence[saved_runs.SavedRun]
) -> None:
    rows = {}
    for candidate in comparison.candidates:
        known = tuned.get(candidate)
        own = [m for m in final if getattr(m.experiment, comparison.setting) == candidate]
        gone = sum(each.status == DIVERGED for each in own)
        rows[CANDIDATES[candidate]] = {
            "Best learning rate": "all diverged" if known is None else f"{known.rate:g}",
            "Validation accuracy (%)": None if known is None else known.accuracy * 100,
            "Fresh seeds": f"{len(own)}, {gone} diverged" if gone else str(len(own)),
            "Test accuracy (%)": _mean(own) * 100,
            "± sd": _ends(own).std(ddof=1) * 100 if len(own) > 1 else math.nan,
        }
    numbers = {
        name: st.column_config.NumberColumn(format="%.2f")
        for name in ("Validation accuracy (%)", "Test accuracy (%)", "± sd")
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    st.dataframe(table, key="fair-table", placeholder="–", column_config=numbers)
