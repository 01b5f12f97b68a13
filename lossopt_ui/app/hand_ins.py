"""The teacher's page: handed-in links, trained again and listed with check marks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import streamlit as st

from lossopt_core import DATASETS, Experiment
from lossopt_core.exchange.sharing import LONGEST, Shared, reproduction, unpack
from lossopt_core.query.filters import FilterError, parse
from lossopt_core.shipped import path_of
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import watching
from lossopt_ui.state import names, pages, widgets
from lossopt_ui.state.session import WidgetKey

MAX_LINKS = 400
_PASTED: WidgetKey[str] = WidgetKey("hand-ins-pasted")
_ADDRESS = re.compile(r"https?://\S+")
_RELATIVE_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")
YES, NO, OPEN = "✓", "✗", "…"


@dataclass(frozen=True, eq=False)
class Work:
    """A handed-in link: by whom, the run, or why it cannot be read."""

    by: str
    shared: Shared | None
    problem: str = ""


def show() -> None:
    """Take links, train what they carry, and show the table."""
    st.text_area(
        "Handed-in links",
        key=_PASTED.name,
        height=140,
        placeholder="Paste the links here, one per line; other text between them does not matter.",
    )
    goal = widgets.setting("goal", width=480)
    works = read(_PASTED.get() if _PASTED.is_set() else "")
    if handed := widgets.value("handed"):
        works = [_work(handed, widgets.value("by")), *works]
    if not works:
        st.info("Paste the links that your class has handed in. Nothing is trained before that.")
    else:
        _check(works, goal)
    _guide()


def read(text: str) -> list[Work]:
    """The handed-in works in any text with links."""
    found = []
    for address in _ADDRESS.findall(text)[:MAX_LINKS]:
        query = parse_qs(urlsplit(address).query)
        handed, by = (query.get(name, [""])[0] for name in ("handed", "by"))
        found.append(_work(handed, by[: pages.MAX_BY]))
    return found


def _work(handed: str, by: str) -> Work:
    if not handed:
        return Work(by, None, "the link carries no run")
    try:
        [shared] = unpack(handed[: LONGEST + 1])
    except ValueError as error:
        return Work(by, None, str(error))
    if DATASETS[shared.experiment.dataset].uploaded:
        return Work(by, None, "the run needs uploaded data, which the link does not carry")
    return Work(by, shared)


def _check(works: Sequence[Work], goal: str) -> None:
    experiments = [each.shared.experiment for each in works if each.shared is not None]
    st.caption(
        f"{len(works):,} hand-ins. A result is confirmed if training the run again gives the same"
        " curve. Trained runs are saved in your workspace."
    )
    wanted = False
    with workspace.store_errors_shown():
        missing = workspace.store().missing(experiments)
        if missing:
            wanted = st.button(f"Check {len(missing):,} runs", key="check", type="primary",
                               icon=":material/fact_check:")  # fmt: skip
    watching.watch_many(experiments, wanted=wanted, draw=lambda running: _table(works, goal))


def _table(works: Sequence[Work], goal: str) -> None:
    store = workspace.store()
    ids = {each.shared.experiment.id for each in works if each.shared is not None}
    runs = store.find(list(ids), with_path=False)
    met, problem = _meeting(goal)
    if problem:
        st.error(names.escape_markdown(problem))
    labels = _labels([each.shared.experiment for each in works if each.shared is not None])
    rows: list[dict[str, Any]] = []
    for work in works:
        shared = work.shared
        if shared is None:
            rows.append({"by": work.by, "run": work.problem, "result confirmed": NO})
            continue
        run = runs.get(shared.experiment.id)
        row = {
            "by": work.by,
            "run": labels[shared.experiment.id],
            "status": shared.status,
            "result confirmed": OPEN if run is None else _mark(
                reproduction(shared, run).reproduced
            ),
            "test accuracy": None if run is None else 100 * run.final["test_accuracy"],
        }  # fmt: skip
        if goal and not problem:
            row["goal met"] = OPEN if run is None else _mark(shared.experiment.id in met)
        rows.append(row)
    st.dataframe(
        pd.DataFrame(rows),
        key="hand-ins",
        hide_index=True,
        column_config={"test accuracy": st.column_config.NumberColumn(format="%.1f %%")},
    )


def _meeting(goal: str) -> tuple[set[str], str]:
    """Ids of the saved runs that meet the goal, and what is wrong with it."""
    table = saved_runs.table()
    try:
        return set(table["id"][parse(goal).matches(table)]), ""
    except FilterError as error:
        return set(), f"The goal is not a filter: {error}"


def _mark(right: bool) -> str:
    return YES if right else NO


def _labels(experiments: Sequence[Experiment]) -> dict[str, str]:
    """A name for each experiment by its id."""
    once = list({each.id: each for each in experiments}.values())
    return dict(zip((each.id for each in once), names.distinguishing_names(once), strict=True))


def _guide() -> None:
    """The page of the documentation that this page belongs to."""
    with st.expander("Teaching with lossopt", icon=":material/menu_book:"):
        text = path_of("docs/teaching.md").read_text(encoding="utf-8")
        st.markdown(_RELATIVE_LINK.sub(r"\1", text.partition("\n")[2]))
