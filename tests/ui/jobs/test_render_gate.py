"""Few threads enter at a time, in order, and nobody starves."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from lossopt_ui.jobs.render_gate import RenderGate, _Place


def test_the_number_inside_is_limited() -> None:
    gate, inside, most = RenderGate(places=2), [], []

    def visit(number: int) -> None:
        with gate.turn(), gate.turn():  # reentrant
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)

    with ThreadPoolExecutor(12) as visitors:
        list(visitors.map(visit, range(12)))
    assert len(most) == 12
    assert max(most) <= 2


def test_threads_enter_in_order_of_arrival() -> None:
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


def test_owners_take_turns_however_many_tabs_they_have() -> None:
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


def test_a_heavy_page_delays_only_its_owners_tabs() -> None:
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


def test_patience_grows_with_the_number_inside() -> None:
    """Each further thread waits longer, so few are inside after a minute of heavy pages."""
    gate = RenderGate(patience=4, with_others=1)
    now, inside = 0.0, []
    while now < 60:
        now += 0.1
        for owner in ("heavy", now):  # one owner with endless tabs, and endless others
            if gate._has_room(owner, now):
                gate._inside.append(_Place(owner, since=now))
        inside.append(len(gate._inside))
    assert inside[0] == 1
    assert inside[-1] <= 12
    assert sum(place.owner == "heavy" for place in gate._inside) <= 6


def test_a_thread_reenters_as_the_same_owner() -> None:
    gate = RenderGate(patience=60, with_others=60)
    with gate.turn("who"):
        with gate.outside():
            assert gate._inside == []
        assert [place.owner for place in gate._inside] == ["who"]
    assert gate._inside == []


def test_a_waiting_thread_makes_room_and_nobody_starves() -> None:
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


def test_an_error_frees_the_turn() -> None:
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


def test_others_render_while_a_browser_draws() -> None:
    gate, entered = RenderGate(places=1, patience=60, with_others=60), threading.Event()

    def visit() -> None:
        with gate.turn("another"):
            entered.set()

    with gate.turn("one"):
        other = threading.Thread(target=visit)
        other.start()
        assert not entered.wait(0.05)
        gate.let_browser_draw()
        assert entered.is_set()
    other.join()
