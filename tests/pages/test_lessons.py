"""A lesson on the pages: its step, whether it is done, and the next step."""

import json
from typing import Any
from urllib.parse import parse_qsl

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest

from lossopt_core import Experiment, RunStore
from lossopt_core import train as train_runs
from lossopt_ui.lessons.lessons import LESSONS
from lossopt_ui.state import pages, url
from tests.helpers import figures, go, open_page, settle, train, words


def test_a_step_shows_its_task_and_when_it_is_done(store: RunStore) -> None:
    app = open_page("train", {"lesson": "loss.3", "loss": "hinge", "epochs": "1"})
    assert not app.exception
    said = words(app)
    assert "Lesson: What a loss measures, step 3 of 6" in said.replace("*", "")
    assert "To do." in said
    app = train(app).run()  # the panel reruns by itself
    assert "Done." in words(app)
    assert "To do." not in words(app)


def test_runs_of_another_lesson_do_not_solve_a_step(store: RunStore) -> None:
    store.save(train_runs([Experiment(loss=loss) for loss in ("hinge", "cross_entropy")]))
    app = open_page("hinge-vs-cross-entropy", {"lesson": "softmax.1", "epochs": "10"})
    assert "To do." in words(app)
    app = train(app).run()
    assert "Done." in words(app)


def test_the_next_step_opens_with_its_own_settings_and_updates_the_address() -> None:
    app = open_page("train", {"lesson": "step-size.1", "optimizer": "gd", "strength": "0.5"})
    app.button(key="lesson-arrow_forward").click().run()
    assert app.query_params["lesson"] == "step-size.2"
    assert app.selectbox(key="optimizer").value == "gd"
    assert app.number_input(key="strength").value == 0.001
    app.button(key="show-me").click().run()
    assert app.number_input(key="learning_rate").value == 0.001


def test_on_another_page_the_lesson_links_to_its_step(store: RunStore) -> None:
    app = open_page("train", {"lesson": "gd-sgd.1"})
    assert "To do." not in words(app)
    app = go(app, "gd-vs-sgd")
    assert "To do." in words(app)
    app.button(key="leave-lesson").click().run()
    assert "lesson" not in app.query_params
    assert "Lesson:" not in words(app)


def test_the_sweep_of_strengths_has_enough_seeds_and_names_ties(
    store: RunStore,
) -> None:
    step = LESSONS["regularisation"].steps[-1]
    query = url.query_of({**step.opens, "lesson": "regularisation.5"})
    app = train(open_page("sweep", query)).run()
    said = words(app)
    assert "Done." in said
    assert "too few seeds" not in said
    assert "than λ" in said, "a verdict"
    assert "strength λ 1e-05 is the lowest tried" in said
    app = train(open_page("sweep", query | {"sweep_rate": "0.1"})).run()
    said, table = words(app), store.list()
    means = table[table["learning_rate"] == 0.1].groupby("strength")["test_accuracy"].mean()
    best = means[means > means.max() - 1e-12].index
    assert set(best) == {0.00001, 0.0001}
    assert "Tied with it on average: λ 1e-05." in said


def test_the_sweep_of_losses_shows_points_labelled_by_loss(store: RunStore) -> None:
    step = LESSONS["softmax"].steps[-1]
    query = url.query_of({**step.opens, "epochs": 1, "lesson": "softmax.5"})
    app = train(open_page("sweep", query)).run()
    [points] = figures(app)["sweep-sensitivity-all"]["data"]
    assert points["mode"] == "markers"
    assert set(points["x"]) == {"Hinge", "Cross-entropy"}
    assert "A heatmap needs two swept parameters" not in words(app)


def test_more_lessons_ends_the_lesson(store: RunStore) -> None:
    app = open_page("train", {"lesson": "gd-sgd.6", "hide": "loss"})
    [query] = [
        each.proto.query_string
        for each in app.get("page_link")
        if each.proto.label == "More lessons"
    ]
    for name, value in parse_qsl(query, keep_blank_values=True):
        app.query_params[name] = value
    app = go(app, "lessons")
    assert "Lesson:" not in words(app)
    assert "lesson" not in app.query_params
    app = go(app, "train")
    assert "Lesson:" not in words(app)
    assert "loss" not in [each.key for each in app.selectbox], "what is hidden stays so"


def test_every_step_is_on_an_existing_page() -> None:
    steps = [step for lesson in LESSONS.values() for step in lesson.steps]
    assert {step.page for step in steps} <= pages.BY_NAME.keys()


def test_the_page_of_lessons_offers_all() -> None:
    said = words(open_page("lessons"))
    for lesson in LESSONS.values():
        assert lesson.title in said


def test_back_and_next_come_first_at_every_step(store: RunStore) -> None:
    for place in ("step-size.1", "step-size.3", "step-size.6"):
        app = open_page("train", {"lesson": place, "optimizer": "gd"})
        first, second = [each for each in app.button if each.key.startswith("lesson-")][:2]
        assert (first.label, second.label) == ("Back", "Next")
        assert (first.disabled, second.disabled) == (place[-1] == "1", place[-1] == "6")


def guide(app: AppTest) -> dict[str, Any]:
    """What the browser is told to outline and to store."""
    [found] = [each for each in app.get("bidi_component") if each.key == "lesson-guide"]
    content: dict[str, Any] = json.loads(found.proto.json)
    return content


def test_a_lesson_begins_with_a_prediction_and_ends_with_what_was_learned(store: RunStore) -> None:
    app = open_page("lecture", {"lesson": "gradient-check.1", "card": "numeric_gradient"})
    asked = LESSONS["gradient-check"].prediction
    [question] = [each for each in app.radio if each.key == "predict-gradient-check"]
    assert asked.question in question.label
    question.set_value(0).run()
    assert guide(app)["subject"] == "slide_step"
    app.button(key="show-me").click().run()
    assert "Done." in words(app)
    last = LESSONS["gradient-check"].steps[-1]
    for name, value in url.query_of(
        {**last.opens, **last.solution, "lesson": "gradient-check.5"}
    ).items():
        app.query_params[name] = value
    app = go(app, "playground")
    said = words(app)
    assert "What you have learned" in said
    assert "You predicted: As small as possible. The answer is: About 1e-8." in said
    app.query_params["lesson"] = ""
    app = go(app, "lessons")
    assert guide(app)["progress"]["predicted"] == {"gradient-check": 0}
    assert "Continue at step 5" in links(app)


def links(app: AppTest) -> list[str]:
    """The labels of the links."""
    return [each.proto.label for each in app.get("page_link")]


def test_what_the_browser_stored_is_taken_and_checked(store: RunStore) -> None:
    app = open_page("lessons")
    [part] = [each for each in app.get("bidi_component") if each.key == "lesson-guide"]
    for stored in (
        {"done": ["loss.1", "loss.2", "loss.99", 7], "last": {"loss": "loss.3", "x": "loss.1"},
         "predicted": {"loss": 2, "softmax": 99, "gd-sgd": "1"}},
        {"done": 3, "last": [], "predicted": None},
        ["loss.1"],
        None,
    ):  # fmt: skip
        states = app._tree.get_widget_states()
        content = json.dumps([{"event": "progress", "value": stored}])
        states.widgets.add(id=_make_trigger_id(part.proto.id, "events"), json_trigger_value=content)
        app._run(states)
        assert not app.exception
    assert guide(app)["progress"] == {
        "done": ["loss.1", "loss.2"], "last": {"loss": "loss.3"}, "predicted": {"loss": 2}
    }  # fmt: skip
    assert "Continue at step 3" in links(app)
    assert next(each.proto.text for each in app.get("progress")) == "2 of 6 steps done"


def test_show_me_trains_and_shows(store: RunStore) -> None:
    app = open_page("train", {"lesson": "curves.3", "epochs": "8", "live": "false"})
    app = settle(app.button(key="show-me").click().run()).run()
    assert "Done." in words(app)
    assert set(store.list()["epochs"]) == {40}


def test_an_unknown_lesson_is_reported_and_ignored() -> None:
    app = open_page("train", {"lesson": "loss.99"})
    assert not app.exception
    assert "lesson must be" in app.warning[0].value
