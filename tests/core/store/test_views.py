"""Saved views: a name for what a page shows."""

import pytest

from lossopt_core import RunStore
from tests.databases import change


def test_views_are_saved_replaced_and_deleted(address):
    store = RunStore(address)
    assert store.views() == {}
    store.save_view("hinge", "loss=hinge")
    store.save_view(" by seed: 50 % <b> ", "group=seed&x=epoch&name=Δ%20=")
    store.save_view("hinge", "loss=hinge&log=true")
    expected = {
        "by seed: 50 % <b>": "group=seed&x=epoch&name=Δ%20=",
        "hinge": "loss=hinge&log=true",
    }
    assert RunStore(address).views() == expected
    assert list(store.views()) == sorted(expected)
    store.delete_view("hinge")
    store.delete_view("nobody's")
    assert list(store.views()) == ["by seed: 50 % <b>"]


def test_views_belong_to_a_workspace(address):
    mine, other = RunStore(address, workspace="mine"), RunStore(address, workspace="other")
    mine.save_view("v", "a=1")
    other.save_view("v", "b=2")
    other.delete_view("v")
    assert (mine.views(), other.views()) == ({"v": "a=1"}, {})


@pytest.mark.parametrize(
    ("name", "query", "message"),
    [
        ("", "a=1", "name must have 1 to 60 characters, got 0"),
        ("x" * 61, "a=1", "name must have 1 to 60 characters, got 61"),
        ("two\nlines", "a=1", "name must not contain control characters"),
        (None, "a=1", "name must be text, got None"),
        ("v", "x" * 4_001, "query must have 0 to 4,000 characters, got 4,001"),
        ("v", b"a=1", "query must be text"),
    ],
)
def test_invalid_views_are_rejected_with_a_message(address, name, query, message):
    store = RunStore(address)
    with pytest.raises(ValueError, match=message):
        store.save_view(name, query)
    assert store.views() == {}


def test_a_view_that_was_tampered_with_is_left_out(address):
    store = RunStore(address)
    store.save_view("good", "a=1")
    store.save_view("bad", "a=1")
    change(address, "UPDATE views SET query = :bell WHERE name = 'bad'", bell="\a")
    assert store.views() == {"good": "a=1"}


def test_a_view_whose_query_is_no_text_is_left_out(sqlite_address):
    store = RunStore(sqlite_address)  # other databases hold a column to its kind
    store.save_view("good", "a=1")
    store.save_view("bad", "a=1")
    change(sqlite_address, "UPDATE views SET query = x'ff00' WHERE name = 'bad'")
    assert store.views() == {"good": "a=1"}
