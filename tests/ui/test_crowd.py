"""Few go in at a time, in their order, and nobody waits for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from lossopt_ui.crowd import Crowd


def test_no_more_are_inside_than_there_are_places() -> None:
    crowd, inside, most = Crowd(places=2), [], []

    def visit(number: int) -> None:
        with crowd.turn(), crowd.turn():  # who is inside does not wait again
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)

    with ThreadPoolExecutor(12) as visitors:
        list(visitors.map(visit, range(12)))
    assert len(most) == 12
    assert max(most) <= 2


def test_they_go_in_as_they_came() -> None:
    crowd, order = Crowd(places=1), []

    def visit(number: int) -> None:
        with crowd.turn():
            order.append(number)

    with crowd.turn():
        visitors = [threading.Thread(target=visit, args=(number,)) for number in range(5)]
        for waiting, each in enumerate(visitors, start=1):
            each.start()
            while len(crowd._waiting) < waiting:
                time.sleep(0.001)
    for each in visitors:
        each.join()
    assert order == list(range(5))


def test_who_only_waits_makes_room_and_nobody_waits_for_ever() -> None:
    crowd = Crowd(places=1, patience=0.05)
    done = threading.Event()

    def visit() -> None:
        with crowd.turn():
            done.set()

    with crowd.turn(), crowd.outside():
        threading.Thread(target=visit).start()
        assert done.wait(5)
    done.clear()
    with crowd.turn():
        threading.Thread(target=visit).start()
        assert done.wait(5)


def test_a_place_is_free_again_after_an_error() -> None:
    crowd = Crowd(places=1, patience=60)
    for _ in range(3):
        try:
            with crowd.turn():
                raise ValueError
        except ValueError:
            pass
    with crowd.turn():
        pass
