"""Few go in at a time, in their order, and nobody waits for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from lossopt_ui.jobs.render_gate import RenderGate, _Place


def test_no_more_are_inside_than_there_are_places() -> None:
    gate, inside, most = RenderGate(places=2), [], []

    def visit(number: int) -> None:
        with gate.turn(), gate.turn():  # who is inside does not wait again
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)

    with ThreadPoolExecutor(12) as visitors:
        list(visitors.map(visit, range(12)))
    assert len(most) == 12
    assert max(most) <= 2


def test_they_go_in_as_they_came() -> None:
    gate, order = RenderGate(places=1), []

    def visit(number: int) -> None:
        with gate.turn():
            order.append(number)

    with gate.turn():
        visitors = [threading.Thread(target=visit, args=(number,)) for number in range(5)]
        for waiting, each in enumerate(visitors, start=1):
            each.start()
            while gate.waiting < waiting:
                time.sleep(0.001)
    for each in visitors:
        each.join()
    assert order == list(range(5))


def test_somebody_with_many_tabs_waits_in_turn_with_somebody_with_one() -> None:
    gate, order = RenderGate(patience=60, with_others=60), []

    def visit(owner: str) -> None:
        with gate.turn(owner):
            order.append(owner)

    with gate.turn("many"):
        visitors = [threading.Thread(target=visit, args=(who,)) for who in ("many",) * 5 + ("one",)]
        for waiting, each in enumerate(visitors, start=1):
            each.start()
            while gate.waiting < waiting:
                time.sleep(0.001)
    for each in visitors:
        each.join()
    assert order == ["many", "one", "many", "many", "many", "many"]


def test_a_heavy_page_keeps_its_owners_tabs_waiting_and_nobody_else() -> None:
    gate = RenderGate(patience=60, with_others=0.02)
    others, own = threading.Event(), threading.Event()

    def visit(owner: str, entered: threading.Event) -> None:
        with gate.turn(owner):
            entered.set()

    with gate.turn("heavy"):
        threading.Thread(target=visit, args=("heavy", own)).start()
        threading.Thread(target=visit, args=("other", others)).start()
        assert others.wait(5)
        assert not own.wait(0.1)
    assert own.wait(5)


def test_they_do_not_all_go_in_as_soon_as_everything_is_slow() -> None:
    """Each further one waits longer: after a minute of heavy pages few of them are inside."""
    gate = RenderGate(patience=4, with_others=1)
    now, inside = 0.0, []
    while now < 60:
        now += 0.1
        for owner in ("heavy", now):  # one with endless tabs, and endless others
            if gate._has_room(owner, now):
                gate._inside.append(_Place(owner, since=now))
        inside.append(len(gate._inside))
    assert inside[0] == 1
    assert inside[-1] <= 12
    assert sum(place.owner == "heavy" for place in gate._inside) <= 6


def test_who_was_only_waiting_comes_back_as_the_same_owner() -> None:
    gate = RenderGate(patience=60, with_others=60)
    with gate.turn("who"):
        with gate.outside():
            assert gate._inside == []
        assert [place.owner for place in gate._inside] == ["who"]
    assert gate._inside == []


def test_who_only_waits_makes_room_and_nobody_waits_for_ever() -> None:
    done = threading.Event()

    def visit(gate: RenderGate) -> None:
        with gate.turn():
            done.set()

    patient, impatient = RenderGate(places=1, patience=60), RenderGate(places=1, patience=0.05)
    with patient.turn(), patient.outside():
        threading.Thread(target=visit, args=(patient,)).start()
        assert done.wait(5)
    done.clear()
    with impatient.turn():
        threading.Thread(target=visit, args=(impatient,)).start()
        assert done.wait(5)


def test_a_place_is_free_again_after_an_error() -> None:
    gate = RenderGate(places=1, patience=60)
    for _ in range(3):
        with suppress(ValueError), gate.turn():
            raise ValueError
    entered = threading.Event()

    def visit() -> None:
        with gate.turn():
            entered.set()

    threading.Thread(target=visit).start()
    assert entered.wait(5)


def test_one_can_wait_until_nobody_is_inside() -> None:
    gate = RenderGate(places=1, patience=0.01)
    inside, leave, empty = threading.Semaphore(0), threading.Event(), threading.Event()

    def visit() -> None:
        with gate.turn():
            inside.release()
            leave.wait(10)

    def wait() -> None:
        gate.wait_until_empty(60)
        empty.set()

    gate.wait_until_empty(60)
    for _ in range(2):  # the second goes in regardless
        threading.Thread(target=visit).start()
        assert inside.acquire(timeout=5)
    threading.Thread(target=wait).start()
    assert not empty.wait(0.05)
    leave.set()
    assert empty.wait(5)


def test_nobody_waits_for_ever_until_it_is_empty() -> None:
    gate = RenderGate()
    with gate.turn():
        gate.wait_until_empty(0.01)
