"""Running time is never ahead of real time, and removes only what was left alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core.store.uptime import MAX_SECONDS, Uptime
from lossopt_core.store.workspaces import Workspaces
from tests.running_time import run_for

MINUTE = 60.0
UNUSED, GRACE = timedelta(minutes=40), timedelta(seconds=MAX_SECONDS)


class World:
    """A store, the servers on it, and one workspace, in a time of the test's own."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.workspaces = Workspaces(address)
        self.now = 0.0
        self.running = 0.0
        self.servers: dict[int, Uptime] = {}
        self.visited = -1.0

    def start(self, number: int) -> None:
        begun = self.now * (number + 1)  # each has a clock of its own
        self.servers[number] = Uptime(self.address, clock=lambda: self.now - begun)

    def kill(self, number: int) -> None:
        self.servers.pop(number, None)

    def count(self, number: int) -> None:
        if number in self.servers:
            before, self.running = self.running, self.servers[number].count()
            assert before <= self.running <= self.now

    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    def visit(self, _: int) -> None:
        self.workspaces.note_use("visit-a")
        self.visited = self.now

    def look(self, _: int) -> None:
        if self.workspaces.remove_unused("visit-", UNUSED, grace=GRACE):
            assert self.now - self.visited >= UNUSED.total_seconds()
            self.visited = -1.0


ACTIONS = st.sampled_from(["start", "kill", "count", "count", "wait", "wait", "visit", "look"])
NUMBERS = {"wait": st.integers(0, 60)}
STEPS = st.lists(
    ACTIONS.flatmap(lambda name: st.tuples(st.just(name), NUMBERS.get(name, st.integers(0, 2)))),
    max_size=40,
)


@contextmanager
def new_world() -> Iterator[World]:
    with TemporaryDirectory() as folder:
        yield World(f"sqlite:///{Path(folder) / 'runs.db'}")


@settings(max_examples=25)
@given(STEPS)
def test_no_order_of_restarts_visits_and_checks_deletes_an_active_workspace(steps):
    with new_world() as world:
        for name, number in steps:
            getattr(world, name)(number)
        world.visit(0)
        world.start(0)
        for _ in range(12):  # left alone, it does end
            world.count(0)
            world.look(0)
            world.wait(10)
        assert world.visited < 0


def test_concurrent_servers_count_time_once(address):
    now = 0.0
    servers = [Uptime(address, clock=lambda: now) for _ in range(3)]
    for turn in range(31):
        now = 100.0 * turn
        servers[turn % 3].count()
        servers[(turn * turn) % 3].count()
    assert 0.5 * now < servers[0].count() <= now
    [first, *_] = servers
    before = first.count()
    now += 100.0
    assert first.count() == pytest.approx(before + 100.0)


def test_clock_jumps_add_little_uptime(address):
    now = 0.0
    server = Uptime(address, clock=lambda: now)
    server.count()
    now = 1e9
    assert server.count() == MAX_SECONDS
    now = 0.0
    assert server.count() == MAX_SECONDS


def test_time_while_no_server_runs_does_not_count(address):
    run_for(address, timedelta(hours=2))
    now = 5e8
    assert Uptime(address, clock=lambda: now).count() == 7200.0
