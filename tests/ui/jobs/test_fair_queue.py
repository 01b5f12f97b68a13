"""Owners take turns, however many items each of them has."""

import math
import threading
from collections import Counter

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from lossopt_ui.jobs.fair_queue import FairQueue


def test_an_owner_with_many_items_does_not_delay_others() -> None:
    turns: FairQueue[str] = FairQueue()
    for thing in ("a1", "a2", "a3"):
        turns.add("a", thing)
    turns.add("b", "b1")
    turns.add("c", "c1")
    assert len(turns) == 5
    assert turns.before("a3") == ["a1", "b1", "c1", "a2"]
    assert turns.before("not there") == ["a1", "b1", "c1", "a2", "a3"]
    assert [turns.take()[1] for _ in range(5)] == ["a1", "b1", "c1", "a2", "a3"]


def test_a_returning_owner_goes_to_the_end_of_the_queue() -> None:
    turns: FairQueue[str] = FairQueue()
    turns.add("a", "a1")
    assert turns.take() == ("a", "a1")
    turns.add("b", "b1")
    turns.add("a", "a2")
    assert turns.take() == ("b", "b1")


def test_take_waits_for_an_available_item() -> None:
    turns: FairQueue[str] = FairQueue(at_once=1)
    taken: list[tuple[object, str]] = []
    waiting = threading.Thread(target=lambda: taken.extend((turns.take(), turns.take())))
    waiting.start()
    turns.add("a", "a1")
    turns.add("a", "a2")
    waiting.join(0.05)
    assert waiting.is_alive()
    turns.done("a")
    waiting.join(5)
    assert taken == [("a", "a1"), ("a", "a2")]


class Queue(RuleBasedStateMachine):
    """Whatever owners do, nobody starves, and withdrawn items do not count."""

    owners = st.sampled_from("abcd")

    @initialize(at_once=st.sampled_from([1, 2, math.inf]))
    def begin(self, at_once: float) -> None:
        self.at_once = at_once
        self.turns: FairQueue[int] = FairQueue(at_once)
        self.waiting: dict[str, list[int]] = {}
        self.taken: Counter[str] = Counter()
        self.before_me: dict[str, list[str]] = {}
        self.number = 0

    def may_take(self) -> list[str]:
        return [owner for owner in self.waiting if self.taken[owner] < self.at_once]

    @rule(owner=owners)
    def add(self, owner: str) -> None:
        self.number += 1
        self.turns.add(owner, self.number)
        self.waiting.setdefault(owner, []).append(self.number)

    @precondition(lambda self: self.may_take())
    @rule()
    def take(self) -> None:
        candidates = self.may_take()
        owner, thing = self.turns.take()
        assert owner in candidates
        assert thing == self.waiting[str(owner)].pop(0), "an owner's things keep their order"
        self.taken[str(owner)] += 1
        for each in set(candidates) - {owner}:
            self.before_me.setdefault(each, []).append(str(owner))
        self.before_me.pop(str(owner), None)
        self.waiting = {each: things for each, things in self.waiting.items() if things}

    @precondition(lambda self: self.taken.total())
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        owner = data.draw(st.sampled_from(sorted(self.taken.elements())))
        self.turns.done(owner)
        self.taken[owner] -= 1

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        owner = data.draw(st.sampled_from(sorted(self.waiting)))
        thing = data.draw(st.sampled_from(self.waiting[owner]))
        assert self.turns.discard(owner, thing)
        assert not self.turns.discard(owner, thing)
        self.waiting[owner].remove(thing)
        if not self.waiting[owner]:
            del self.waiting[owner]
            self.before_me.pop(owner, None)

    @invariant()
    def nobody_starves(self) -> None:
        """While an owner waits, each other owner goes first at most once."""
        for owner in set(self.before_me) - set(self.may_take()):
            del self.before_me[owner]
        assert all(len(each) == len(set(each)) for each in self.before_me.values())

    @invariant()
    def only_what_waits_counts(self) -> None:
        everything = [thing for things in self.waiting.values() for thing in things]
        assert len(self.turns) == len(everything)
        assert sorted(self.turns.before(-1)) == sorted(everything)
        for owner in "abcd":
            assert self.turns.of(owner) == tuple(self.waiting.get(owner, ()))


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
