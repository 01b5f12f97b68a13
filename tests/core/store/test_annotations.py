"""What people say about runs is kept as they said it, and survives a run's replacement."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core import RunStore, train
from tests.experiments import TINY
from tests.programs import ROOT

SAID = ["name", "tags", "note", "pinned", "archived"]
NOTHING = {"name": "", "tags": [], "note": "", "pinned": False, "archived": False}
EVERYTHING = {
    "name": "the <b>best</b> one",
    "tags": ["paper", "Δ = 1"],
    "note": "first line\n\n  second line, =1+1",
    "pinned": True,
    "archived": True,
}


def said(store: RunStore, id: str) -> dict[str, object]:
    """What the list says about a run."""
    table = store.list().set_index("id")
    return table.loc[id, SAID].to_dict()


def test_runs_have_no_annotations_at_first(address, finished):
    store = RunStore(address)
    store.save(finished[:1])
    assert said(store, finished[0].id) == NOTHING


def test_annotations_are_listed_for_the_annotated_runs_only(address, finished):
    store = RunStore(address)
    store.save(finished)
    store.annotate([finished[0].id, finished[2].id, "nobody"], **EVERYTHING)
    for run, expected in zip(finished, [EVERYTHING, NOTHING] * 2, strict=True):
        assert said(store, run.id) == expected


@pytest.mark.parametrize("field", SAID)
def test_one_field_is_changed_and_reset_without_the_others(address, finished, field):
    store, id = RunStore(address), finished[0].id
    store.save(finished[:1])
    store.annotate([id], **{field: EVERYTHING[field]})
    assert said(store, id) == NOTHING | {field: EVERYTHING[field]}
    store.annotate([id], **EVERYTHING)
    store.annotate([id], **{field: NOTHING[field]})
    assert said(store, id) == EVERYTHING | {field: NOTHING[field]}


def test_thousands_are_tagged_at_once(address, finished):
    store = RunStore(address)
    store.save(finished)
    ids = [run.id for run in finished]
    store.annotate([f"{number:016x}" for number in range(3_000)] + ids, tags=["all"])
    assert list(store.list()["tags"]) == [["all"]] * 4


one_line = st.text(st.characters(exclude_categories=["Cc", "Cs"]))
lines = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n"))
names = one_line.map(lambda text: text[:80].strip())
tag = one_line.map(lambda text: text.replace(",", "").strip()[:24].strip()).filter(len)


@settings(max_examples=30, deadline=None)
@given(
    name=one_line.map(lambda text: text[:80].strip()), tags=st.lists(tag, max_size=12), note=lines
)
def test_any_text_is_read_back_unchanged(finished, name, tags, note):
    store = RunStore("sqlite://")
    store.save(finished[:1])
    store.annotate([finished[0].id], name=name, tags=tags, note=note)
    expected = {"name": name, "tags": [*dict.fromkeys(tags)], "note": note}
    assert said(store, finished[0].id) == NOTHING | expected


def test_the_longest_texts_fit_and_surrounding_spaces_do_not_count(address, finished):
    store, id = RunStore(address), finished[0].id
    store.save(finished[:1])
    tags = [f"{number:02}" + "ß" * 22 for number in range(12)]
    store.annotate([id], name="  " + "名" * 80 + " ", tags=[" a "], note="n" * 2_000)
    assert said(store, id) | {"note": ""} == NOTHING | {"name": "名" * 80, "tags": ["a"]}
    store.annotate([id], tags=tags)
    assert said(store, id)["tags"] == tags


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "x" * 81, "name must have 0 to 80 characters, got 81"),
        ("name", "two\nlines", "name must not contain control characters, got '.n'"),
        ("name", 7, "name must be text, got 7"),
        ("tags", "paper", "tags must be a list of strings, got 'paper'"),
        ("tags", 7, "tags must be a list of strings"),
        ("tags", [7], "each tag must be text, got 7"),
        ("tags", ["x" * 25], "each tag must have 1 to 24 characters, got 25"),
        ("tags", [" "], "each tag must have 1 to 24 characters, got 0"),
        ("tags", ["a,b"], "tags must not contain commas, got 'a,b'"),
        (
            "tags",
            [str(number) for number in range(13)],
            "tags must have at most 12 entries, got 13",
        ),
        ("note", "x" * 2_001, "note must have 0 to 2,000 characters, got 2,001"),
        ("note", "bell \a", "note must not contain control characters"),
        ("note", "half \ud800", "note must not contain control characters"),
        ("pinned", "yes", "pinned must be true or false, got 'yes'"),
        ("archived", 1, "archived must be true or false, got 1"),
    ],
)
def test_invalid_annotations_are_rejected_and_change_nothing(
    address, finished, field, value, message
):
    store, id = RunStore(address), finished[0].id
    store.save(finished[:1])
    store.annotate([id], **EVERYTHING)
    with pytest.raises(ValueError, match=message):
        store.annotate([id], **{"name": "new", field: value})
    assert said(store, id) == EVERYTHING


def test_annotations_of_a_stopped_run_are_kept_when_it_is_replaced(address, finished):
    store, id = RunStore(address), finished[0].id
    store.save(train([finished[0].experiment], should_stop=lambda: True))
    store.annotate([id], **EVERYTHING)
    store.save(finished[:1])
    assert list(store.list()["status"]) == ["finished"]
    assert said(store, id) == EVERYTHING


def test_workspaces_have_separate_annotations(address, finished):
    mine, other = RunStore(address, workspace="mine"), RunStore(address, workspace="other")
    mine.save(finished[:1])
    other.annotate([finished[0].id], **EVERYTHING)
    other.save(finished[:1])
    assert said(other, finished[0].id) == NOTHING
    other.annotate([finished[0].id], name="other")
    assert said(mine, finished[0].id) == NOTHING


# ---- at the same time


def test_concurrent_threads_lose_no_annotations(address, finished):
    store, id = RunStore(address), finished[0].id
    store.save(finished[:1])
    changes = [{field: EVERYTHING[field]} for field in SAID]
    errors = []

    def work(change):
        try:
            RunStore(address).annotate([id], **change)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[change]) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert said(store, id) == EVERYTHING


ANNOTATE_MANY = """
import sys
from lossopt_core import RunStore
store = RunStore(sys.argv[1])
for id in sys.argv[3:]:
    store.annotate([id], **{sys.argv[2]: sys.argv[2]})
"""


def test_concurrent_processes_lose_no_annotations(address):
    runs = train([TINY.replace(seed=seed) for seed in range(20)])
    store = RunStore(address)
    store.save(runs)
    ids = [run.id for run in runs]
    processes = [
        subprocess.Popen([sys.executable, "-c", ANNOTATE_MANY, address, field, *ids], cwd=ROOT)
        for field in ("name", "note")
    ]
    assert [process.wait() for process in processes] == [0, 0]
    table = store.list()
    assert list(table["name"]) == ["name"] * 20
    assert list(table["note"]) == ["note"] * 20
