"""Owners take turns, however much each of them has brought."""

import threading

from lossopt_ui.turns import Turns


def test_a_visitor_with_much_to_do_does_not_hold_up_the_others() -> None:
    turns: Turns[str] = Turns()
    for thing in ("a1", "a2", "a3"):
        turns.add("a", thing)
    turns.add("b", "b1")
    turns.add("c", "c1")
    assert len(turns) == 5
    assert turns.before("a3") == ["a1", "b1", "c1", "a2"]
    assert turns.before("not there") == ["a1", "b1", "c1", "a2", "a3"]
    assert [turns.take() for _ in range(5)] == ["a1", "b1", "c1", "a2", "a3"]


def test_who_comes_back_waits_for_all_who_came_meanwhile() -> None:
    turns: Turns[str] = Turns()
    turns.add("a", "a1")
    assert turns.take() == "a1"
    turns.add("b", "b1")
    turns.add("a", "a2")
    assert turns.take() == "b1"


def test_taking_waits_for_something_to_come() -> None:
    turns: Turns[str] = Turns()
    taken: list[str] = []
    waiting = threading.Thread(target=lambda: taken.append(turns.take()))
    waiting.start()
    turns.add("a", "a1")
    waiting.join(5)
    assert taken == ["a1"]
