"""One run at one saved point: what the page Inside a run shows below its slider."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import (
    Data,
    Experiment,
    Run,
    load_data,
)
from lossopt_core.inspect.clock import epochs_of
from lossopt_core.inspect.diagnostics import part_of
from lossopt_core.inspect.example import examples_at
from lossopt_core.objective.linear import Array, Labels
from lossopt_core.training.path import WeightPath
from lossopt_core.training.run import FINISHED
from lossopt_ui.experiment import saved_runs
from lossopt_ui.experiment.playback import Player
from lossopt_ui.identity import missing_data
from lossopt_ui.runs import references, run_columns
from lossopt_ui.state import page_links, pages, widgets
from lossopt_ui.state.session import WidgetKey

_CHOICE: WidgetKey[str] = WidgetKey("inside.choice")


@dataclass(frozen=True, eq=False)
class Point:
    """A run at one of its saved points."""

    player: Player
    number: int

    @property
    def run(self) -> Run:
        """The run."""
        return self.player.runs[0]

    @property
    def experiment(self) -> Experiment:
        """Its experiment."""
        return self.run.experiment

    @property
    def path(self) -> WeightPath:
        """All of its saved points."""
        return self.player.clock.paths[0]

    @property
    def theta(self) -> Array:
        """Weights at the point, with the bias as last column, shape (C, D + 1)."""
        return np.asarray(self.path.stacked[self.number])

    @cached_property
    def data(self) -> Data:
        """The run's data."""
        return load_data(self.experiment)

    @property
    def epochs(self) -> Array:
        """The epochs of all points, shape (k,)."""
        return epochs_of(self.run, self.path)

    @property
    def part(self) -> str:
        """The part of the data to show: 'test' only if there is a test set."""
        wanted = widgets.value("examples_of")
        return wanted if wanted == "test" and len(self.data.test_labels) else "train"

    @property
    def examples(self) -> tuple[Array, Labels]:
        """Features and labels of that part."""
        return part_of(self.data, self.part)

    @cached_property
    def table(self) -> pd.DataFrame:
        """All of its examples at the point, largest loss first; see `examples_at`."""
        return examples_at(self.experiment, self.theta, *self.examples)


def choose_run() -> Run | None:
    """The run in the address, or the newest; shows a box to choose another. None without runs."""
    table = saved_runs.with_references()
    named = widgets.value("run")
    trained = table[table["status"] != saved_runs.IMPORTED]
    trained = trained[~trained["archived"] | trained["id"].isin(named)]
    ids = trained["id"].tolist()[::-1]
    if trained.empty:
        st.info("No saved runs yet. Train one to inspect it.", icon=":material/inbox:")
        st.page_link(pages.TRAIN.file, label="Train a classifier", icon=":material/play_arrow:")
        return None
    if trained["reference"].all() and not set(named) & set(ids):
        references.introduce(pages.TRAIN, "Train a classifier")
    if named and named[0] not in ids:
        st.warning(f"Run {named[0]} is not saved here. This is another one.")
        named = ()
    chosen = named[0] if named else ids[0]
    called = labels(trained)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        looks = widgets.custom_widget("run")
        if looks is not None:
            _CHOICE.set(chosen)
            st.selectbox(
                "Run",
                ids,
                key=_CHOICE.name,
                format_func=called.__getitem__,
                on_change=_take_choice,
                **looks,
            )
        [run] = saved_runs.load([chosen])
        page_links.link_to_train_page(run.experiment)
    missing_data.offer([run.experiment], "inside")
    return run


def _take_choice() -> None:
    widgets.take("run", (_CHOICE.get(),))
    for name in ("at_update", "rank", "row"):
        widgets.reset(name)


def labels(table: pd.DataFrame) -> dict[str, str]:
    """Label of each run in the box: its name or what it is, and how it ended if it did not finish.

    The id is told only where two would have the same label.
    """
    titles = run_columns.named(table, grouped=False, always=("dataset", "loss", "optimizer"))
    found = {}
    for id, title, status, of_reference in zip(
        table["id"], titles, table["status"], table["reference"], strict=True
    ):
        told = ["reference"] * bool(of_reference) + [status] * (status != FINISHED)
        found[id] = f"{title} ({', '.join(told)})" if told else title
    counts = Counter(found.values())
    return {
        id: label if counts[label] == 1 else f"{label} [{id[:6]}]" for id, label in found.items()
    }


def tick(path: WeightPath) -> int:
    """The point named in the address."""
    return path.last_until(widgets.value("at_update"))


def go_to(path: WeightPath, number: int) -> None:
    """Write a point to the address; the last one is the default and is left out."""
    if number == len(path) - 1:
        widgets.reset("at_update")
    else:
        widgets.put("at_update", int(path.updates[number]))


def names_of_features(data: Data) -> list[str]:
    """The columns of the weights, the bias last."""
    return [*data.feature_names, "bias"]
