"""Work is handed in as a link, which the teacher's page trains again and checks."""

from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, Run, RunStore
from lossopt_core import train as train_runs
from lossopt_core.exchange.sharing import pack
from lossopt_ui.app.copy_link import is_local
from tests.helpers import open_page, settle, words

QUICK = Experiment(dataset="course_demo", test_fraction=0, epochs=3, optimizer="gd")


@pytest.fixture(scope="module")
def run() -> Run:
    [run] = train_runs([QUICK])
    return run


def link(run: Run, by: str) -> str:
    return f"https://school.example/hand-ins?handed={pack([run])}&by={by}"


def checked(text: str, goal: str = "") -> AppTest:
    """The teacher pastes a text and has it checked."""
    app = open_page("hand-ins", {"goal": goal} if goal else {})
    app.text_area(key="hand-ins-pasted").set_value(text).run()
    if any(button.key == "check" for button in app.button):
        app = settle(app.button(key="check").click().run()).run()
    assert not app.exception
    return app


def test_handed_in_runs_are_trained_again_and_confirmed(store: RunStore, run: Run) -> None:
    [diverged] = train_runs([QUICK.replace(loss="squared_hinge", learning_rate=1e4, epochs=30)])
    text = f"Anna: {link(run, 'Anna')}\n\nBen {link(diverged, 'Ben')} (late)\nhttps://a.example/x"
    table = checked(text, "status = diverged").dataframe[0].value
    assert table["by"].tolist() == ["Anna", "Ben", ""]
    assert table["result confirmed"].tolist() == ["✓", "✓", "✗"]
    assert table["goal met"].tolist()[:2] == ["✗", "✓"]
    assert table["run"].tolist()[2] == "the link carries no run"


def test_an_invented_result_is_not_confirmed(store: RunStore, run: Run) -> None:
    better = run.history.assign(objective=run.history["objective"] * 0.99)
    invented = Run(**{**vars(run), "history": better})
    table = checked(link(invented, "Eve")).dataframe[0].value
    assert table["result confirmed"].tolist() == ["✗"]


@pytest.mark.parametrize("handed", ["", "x", "A" * 13_000, "eJw"])
def test_a_broken_link_is_a_row_that_says_why(store: RunStore, handed: str) -> None:
    app = checked(f"https://a.example/hand-ins?handed={handed}&by=<b>Mallory</b>")
    [row] = app.dataframe[0].value.to_dict("records")
    assert row["result confirmed"] == "✗"
    assert row["run"]


def test_a_goal_that_is_no_filter_is_explained(store: RunStore, run: Run) -> None:
    app = checked(link(run, "Anna"), "loss =")
    assert "The goal is not a filter" in words(app)
    assert app.dataframe[0].value["result confirmed"].tolist() == ["✓"]


def test_a_link_opens_with_its_own_run(store: RunStore, run: Run) -> None:
    query = {name: each[0] for name, each in parse_qs(urlsplit(link(run, "Anna")).query).items()}
    app = open_page("hand-ins", query)
    app = settle(app.button(key="check").click().run()).run()
    assert app.dataframe[0].value["by"].tolist() == ["Anna"]


def test_a_task_is_shown_as_plain_text_with_a_button_to_hand_in(store: RunStore) -> None:
    task = "Find **λ** ![x](http://a.example/b.png)"
    app = open_page("train", {"task": task, "goal": "loss = hinge", "live": "false"})
    assert not app.exception
    [shown] = [each.value for each in app.markdown if each.value.startswith("**Task.**")]
    assert "![" not in shown
    assert "**λ**" not in shown
    app.button(key="hand-in").click().run()
    assert "There is no run yet" in words(app)


def test_a_student_hands_in_a_run_that_the_teacher_confirms(store: RunStore, run: Run) -> None:
    store.save([run])
    app = open_page("train", {"task": "Train.", "goal": "dataset = course_demo"})
    app.button(key="hand-in").click().run()
    assert not app.exception
    assert "This run meets the goal" in words(app)
    [handed] = [each.value for each in app.code if "handed=" in each.value]
    assert urlsplit(handed).path.endswith("/hand-ins")
    table = checked(f"https://school.example/hand-ins?{urlsplit(handed).query}").dataframe[0].value
    assert table["result confirmed"].tolist() == ["✓"]


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://localhost:8501/train", True),
        ("http://127.0.0.1/train", True),
        ("http://[::1]:8501/", True),
        ("http://192.168.1.7:8501/", True),
        ("http://10.0.0.3/", True),
        ("http://my-laptop:8501/", True),
        ("http://my-laptop.local/", True),
        ("https://lossopt.example.org/train", False),
        ("https://8.8.8.8/", False),
    ],
)
def test_addresses_that_only_this_machine_knows(address: str, local: bool) -> None:
    assert is_local(address) == local


def test_the_guide_for_teachers_is_on_the_page(store: RunStore) -> None:
    said = words(open_page("hand-ins"))
    assert "One link per task" in said
    assert "](hosting.md)" not in said
