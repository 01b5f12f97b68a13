"""Runs in a shared link: retrained here, and compared with the sender's results."""

from dataclasses import replace

from lossopt_core import (
    Experiment,
    Run,
    RunStore,
    train,
)
from lossopt_core.exchange.sharing import pack
from tests.helpers import open_page, settle


def test_runs_in_a_link_are_retrained_and_compared(store: RunStore) -> None:
    runs = train([Experiment(dataset="blobs", epochs=2, seed=k) for k in range(2)])
    app = settle(open_page("compare", {"share": pack(runs)}))
    app = settle(app.run())
    assert not app.exception
    assert set(store.list()["id"]) == {run.id for run in runs}
    assert "reproduced: largest relative difference" in app.success[0].value


def test_a_run_that_is_not_reproduced_is_named_with_a_reason(kept: list[Run]) -> None:
    one, other, third = kept
    changed = other.history.assign(objective=other.history["objective"] * 1.01)
    tampered = [one, replace(other, history=changed), replace(third, status="diverged")]
    older = {**one.environment, "numpy": "1.26 *x*"}
    app = open_page("compare", {"share": pack(tampered, older)})
    assert not app.exception
    [said] = [each.value for each in app.warning if "reproduced" in each.value]
    assert "Not reproduced: 2 of 3." in said
    assert "α 0\\.3" in said
    assert "the objective differs by 0.0099 (relative) at update" in said
    assert "it finished here, but diverged where it was shared" in said
    assert "numpy 1\\.26 \\*x\\* there, " in said
    app = open_page("compare", {"share": pack(tampered, one.environment)})
    assert any("All known versions are the same" in each.value for each in app.warning)
    app = open_page("compare", {"share": pack(tampered)})
    assert any("sender's versions are unknown" in each.value for each in app.warning)
    assert not any("All known versions are the same" in each.value for each in app.warning)


def test_a_diverged_run_in_a_link_is_compared_by_its_end(store: RunStore) -> None:
    [run] = train([Experiment(loss="squared_hinge", learning_rate=1.0, epochs=2)])
    assert run.status == "diverged"
    app = settle(settle(open_page("compare", {"share": pack([run])})).run())
    assert not app.exception
    assert "The shared run was retrained and reproduced" in app.success[0].value
    assert list(store.list()["status"]) == ["diverged"]


def test_a_damaged_link_is_reported_and_can_be_ignored(kept: list[Run]) -> None:
    app = open_page("compare", {"share": "nonsense"})
    assert not app.exception
    assert "the shared runs are corrupted" in app.error[0].value
    app.button(key="drop-share").click().run()
    assert not app.error
    assert "share" not in app.query_params
