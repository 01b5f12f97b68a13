"""The Landscape page: the objective with the trajectories of runs."""

from concurrent.futures import BrokenExecutor, Executor, Future

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import DATASETS, LOSSES, Experiment, RunStore, train, uploads
from lossopt_core.theory.landscape import Plane
from lossopt_core.theory.trajectories import on_a_plane
from lossopt_core.training.path import WeightPath
from lossopt_core.uploads import UploadStore
from lossopt_ui.jobs import pool
from lossopt_ui.jobs.executors import AtOnce
from tests.helpers import certify, figures, open_page, trace, words

PAGE = "landscape"
BASE = Experiment(epochs=2, evaluations=6)
PAIR = [BASE.replace(optimizer="gd"), BASE]


@pytest.fixture
def pair(store: RunStore):
    runs = train(PAIR)
    store.save(runs)
    return runs


def ids(runs) -> str:
    return ",".join(run.id for run in runs)


def shown(app: AppTest):
    [table] = [each.value for each in app.dataframe if "shown" in each.value.columns]
    return table


def test_without_runs_the_page_shows_instructions(store: RunStore):
    app = open_page(PAGE)
    assert not app.exception
    assert "No saved runs yet" in words(app)


def test_gd_and_sgd_on_the_plane_of_start_optimum_and_end(store: RunStore, pair):
    app = open_page(PAGE, {"runs": ids(pair)})
    app.run()
    assert not app.exception
    drawn = figures(certify(app))["landscape"]
    land = drawn["data"][0]
    assert land["type"] == "contour"
    assert [each["name"] for each in drawn["data"][1:]][:2] == [
        "GD (full batch)",
        "SGD, batch size 32",
    ]
    way = trace(drawn, "GD (full batch)")
    ends = [way["x"][-1] - way["x"][0], way["y"][-1] - way["y"][0]]
    moved = np.hypot(*ends)
    path = WeightPath.of(pair[0])
    assert moved == pytest.approx(np.linalg.norm(path.stacked[-1] - path.stacked[0]))
    assert way["customdata"][-1][1:] == pytest.approx([pair[0].final["objective"]] * 2)
    table = shown(app)
    assert table["objective"].tolist() == pytest.approx([r.final["objective"] for r in pair])
    assert np.min(land["customdata"]) > 0


def test_principal_directions_show_their_explained_variance(store: RunStore, pair):
    app = certify(open_page(PAGE, {"runs": ids(pair), "plane": "principal"}).run())
    assert not app.exception
    paths = [WeightPath.of(run) for run in pair]
    plane = Plane.principal(paths)
    assert shown(app)["shown"].tolist() == [
        f"{100 * plane.explained_variance(p):.1f} %" for p in paths
    ]


def test_the_landscape_as_a_surface(store: RunStore, pair):
    app = certify(open_page(PAGE, {"runs": ids(pair), "relief": "surface"}).run())
    assert not app.exception
    drawn = figures(app)["landscape-surface"]
    assert [each["type"] for each in drawn["data"]] == ["surface"] + ["scatter3d"] * 3
    low, high = np.min(drawn["data"][0]["z"]), np.max(drawn["data"][0]["z"])
    way = trace(drawn, "SGD, batch size 32")["z"]
    assert low - 0.1 <= np.min(way) <= np.max(way) <= high + 0.1


def test_runs_with_another_objective_are_left_out_and_reported(store: RunStore, pair):
    other = train([BASE.replace(loss="hinge", learning_rate=0.01)])
    store.save(other)
    app = open_page(PAGE, {"runs": ids([*pair, *other])})
    assert not app.exception
    assert "Left out: 1 of the runs minimise a different objective" in words(app)
    assert len(shown(app)) == 2


def test_without_a_certificate_the_best_point_of_the_runs_is_used(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(LOSSES["crammer_singer"], "domain", None)
    runs = train([BASE.replace(loss="crammer_singer", optimizer="gd", epochs=5)])
    store.save(runs)
    app = open_page(PAGE, {"runs": ids(runs)})
    assert not app.exception
    assert trace(figures(app)["landscape"], "best point of the runs")
    assert "distance to " not in words(app)


class Noting(AtOnce):
    """Notes what it gets to do."""

    def __init__(self) -> None:
        self.done: list[object] = []

    def submit(self, task, /, *args, **named):
        self.done.append(getattr(task, "func", task))
        return super().submit(task, *args, **named)


class Killed(Executor):
    """Its processes are killed, whatever they do."""

    def submit(self, task, /, *args, **named):
        future: Future = Future()
        future.set_exception(BrokenExecutor("the process that worked on it was killed"))
        return future


def trained(store: RunStore, seed: int) -> dict[str, str]:
    """The address of a run whose landscape no test has seen."""
    runs = train([BASE.replace(seed=seed)])
    store.save(runs)
    return {"runs": ids(runs)}


def test_workers_compute_the_landscape(store: RunStore, monkeypatch: pytest.MonkeyPatch):
    workers = Noting()
    monkeypatch.setattr(pool, "executor", lambda: workers)
    assert "landscape" in figures(open_page(PAGE, trained(store, 11)))
    assert on_a_plane in workers.done


def test_own_data_stay_in_the_server(store: RunStore, monkeypatch: pytest.MonkeyPatch):
    workers = Noting()
    monkeypatch.setattr(pool, "executor", lambda: workers)
    own = UploadStore(store).save(
        "own", DATASETS["blobs"].make(Experiment(dataset="blobs").dataset_options, 0)
    )
    with uploads.using(UploadStore(store)):
        runs = train([BASE.replace(dataset="own", dataset_options=own.options)])
    store.save(runs)
    assert "landscape" in figures(open_page(PAGE, {"runs": ids(runs)}))
    assert on_a_plane not in workers.done


def test_killed_workers_are_reported(store: RunStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pool, "executor", Killed)
    app = open_page(PAGE, trained(store, 12))
    assert not app.exception
    assert "could not be computed: the process that worked on it was killed" in words(app)
    assert any("final objective" in each.value for each in app.dataframe)


def test_a_diverged_run_does_not_affect_the_chart(store: RunStore):
    base = Experiment(dataset="blobs", epochs=5, evaluations=10, optimizer="gd")
    runs = train([base, base.replace(learning_rate=1e4, loss="cross_entropy")])
    store.save(runs)
    app = open_page(PAGE, {"runs": ids(runs), "through": runs[0].id})
    assert not app.exception
    land = figures(app)["landscape"]["data"][0]
    assert max(land["x"]) - min(land["x"]) < 100


def test_groups_from_the_compare_page_are_accepted(store: RunStore):
    runs = train([BASE.replace(seed=seed) for seed in (1, 2)])
    store.save(runs)
    [family] = set(store.list()["family"])
    app = open_page(PAGE, {"runs": family})
    assert not app.exception
    assert len(shown(app)) == 2
