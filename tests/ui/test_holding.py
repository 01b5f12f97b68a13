"""Things are held as long as there is room, and never one for another."""

import pytest

from lossopt_ui.holding import Held


@pytest.fixture
def held() -> Held[str]:
    return Held(10, len)


def test_what_is_held_is_not_made_again(held: Held[str]) -> None:
    assert held.get("a", lambda: "first") == "first"
    assert held.get("a", lambda: "second") == "first"
    assert held.find("b") is None


def test_the_longest_unused_makes_room(held: Held[str]) -> None:
    for key in "abc":
        held.hold(key, key * 3)
    held.find("a")
    held.hold("d", "dddd")
    assert [key for key in "abcd" if held.find(key)] == ["a", "c", "d"]


def test_another_version_takes_the_place_of_the_older(held: Held[str]) -> None:
    held.hold("a", "12345", version=1)
    held.hold("b", "12345")
    assert held.find("a", version=2) is None
    assert held.get("a", lambda: "54321", version=2) == "54321"
    assert held.find("a", version=1) is None
    assert held.find("b") == "12345"  # the older one's room was free again


def test_what_is_too_large_is_made_and_not_held(held: Held[str]) -> None:
    held.hold("a", "a")
    assert held.get("b", lambda: "b" * 11) == "b" * 11
    assert held.find("b") is None
    assert held.find("a") == "a"
