"""Benchmarks run, and their visitors find their way; the figures are for people to judge."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import scrub_speed
from benchmarks.hostile import Hostile
from benchmarks.load_table import Book, table_of
from benchmarks.people import KINDS, Kind
from benchmarks.visitors import NotOnPageError, Visit
from tests.browser.helpers import needed_chromium, server
from tests.load_visitors import check_a_visit
from tests.programs import ROOT, run_python

PATIENCE = 300.0
"""Seconds for a benchmark with a server and a browser: the machine may be busy."""


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of a server for everybody, and of its store."""
    store = f"sqlite:///{tmp_path_factory.mktemp('hosted') / 'runs.db'}"
    environment = {"LOSSOPT_MODE": "hosted", "LOSSOPT_STORE": store}
    with server(ROOT / "streamlit_app.py", environment=environment) as address:
        yield address, store


@pytest.mark.slow  # tests/browser/test_hosted.py has it for one kind
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: " ".join(kind.query.values()) or "default")
def test_visitors_of_every_kind_get_the_runs_they_ask_for(
    kind: Kind, hosted: tuple[str, str]
) -> None:
    check_a_visit(kind, *hosted)


def test_a_visitor_says_what_is_no_longer_on_the_page() -> None:
    tab = Visit("http://127.0.0.1:1", {})
    with pytest.raises(NotOnPageError, match="has no number_input 'learning_rate', only: none"):
        asyncio.run(tab.set_number("learning_rate", 0.1))


def figures_of(book: Book, kept: dict[str, set[str]]) -> dict[str, str]:
    """What the rows of the table say."""
    return {row.what: row.figure for row in table_of(book, kept, [])}


BOOK = Book(
    memory=[1.0],
    asked={"ann": {"a1", "a2"}, "bob": {"b1"}},
    defaults={"ann": {"d1", "d2"}, "bob": {"d1", "d2"}},
    confirmed={"ann": {"a1", "a2", "d1"}, "bob": {"b1"}},
)
KEPT = {"ann": {"a1", "a2", "d1", "d2"}, "bob": {"b1"}, "eve": {"e1"}}


@pytest.mark.parametrize(
    ("change", "lost", "mixed"),
    [
        ({}, 0, 0),
        ({"bob": {"b1", "d1"}}, 0, 0),
        ({"ann": {"a1", "d1"}}, 1, 0),
        ({"ann": {"a1", "a2"}}, 1, 0),
        ({"bob": set()}, 1, 0),
        ({"ann": {"a1", "a2", "d1", "b1"}}, 0, 1),
        ({"bob": {"b1", "another default"}}, 0, 1),
        ({"eve": {"e1", "a1"}}, 0, 1),
    ],
)
def test_a_page_s_default_may_be_everybody_s_and_all_else_is_one_visitor_s(
    change: dict[str, set[str]], lost: int, mixed: int
) -> None:
    figures = figures_of(BOOK, KEPT | change)
    assert figures["runs lost"] == str(lost)
    assert figures["runs mixed up"] == str(mixed)
    assert figures["runs confirmed"] == "4"
    assert figures["of these, defaults of a page"] == "1"


@pytest.mark.slow
@pytest.mark.parametrize(
    "act",
    [
        Hostile.data_bombs,
        Hostile.brought_in_bombs,
        Hostile.trainings,
        Hostile.heavy_pages,
        Hostile.notes_and_views,
    ],
)
def test_what_a_hostile_visitor_does_is_still_possible(
    act: Callable[[Hostile], Awaitable[None]], hosted: tuple[str, str]
) -> None:
    address, _ = hosted
    asyncio.run(act(Hostile(address)))  # NotOnPageError where the page no longer has it


@pytest.mark.slow
def test_train_speed_prints_its_tables() -> None:
    printed = run_python("-m", "benchmarks.train_speed", "--quick")
    assert "lossopt / the two matrix products alone" in printed
    assert "one evaluation of all histories / one epoch of updates" in printed


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc, which only Linux has")
@pytest.mark.slow
def test_scaling_prints_a_table_for_each_size_and_for_the_memory() -> None:
    printed = run_python("-m", "benchmarks.scaling", "--quick")
    for what in ("examples", "features", "classes", "runs"):
        assert f"| {what} | seconds an epoch |" in printed
    assert "| lossopt in float32 | 16 MB |" in printed


@pytest.mark.slow
def test_certify_speed_prints_a_row_for_every_loss_and_penalty() -> None:
    printed = run_python("-m", "benchmarks.certify_speed", "--quick")
    assert len([line for line in printed.splitlines() if "| 0.01 |" in line]) == 15


@pytest.mark.slow
def test_store_speed_prints_a_row_for_every_number_of_runs() -> None:
    printed = run_python("-m", "benchmarks.store_speed", "--quick")
    assert "| 5 | 50 |" in printed
    assert "| 10 | 100 |" in printed


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc, which only Linux has")
@pytest.mark.slow
def test_load_loses_no_run_and_mixes_none() -> None:
    needed_chromium()  # one of its visitors
    # Its code is not looked at: a start is neither quick nor flat in memory.
    command = [sys.executable, "-m", "benchmarks.load", "--minutes", "0.7", "--visitors", "3"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    printed = done.stdout
    assert "| runs lost | 0 | 0 ✓ |" in printed
    assert "| runs mixed up | 0 | 0 ✓ |" in printed
    assert "| errors | 0 | 0 ✓ |" in printed


@pytest.mark.slow
def test_sweep_estimate_prints_a_row_for_every_sweep() -> None:
    printed = run_python("-m", "benchmarks.sweep_estimate", "--quick")
    # 6 combinations of one seed, and 13 learning rates to tune each
    assert "| 2 losses × 3 strengths × 10 seeds | 84 |" in printed


@pytest.mark.slow
def test_coverage_prints_a_row_for_every_scenario_and_the_worst_of_each() -> None:
    printed = run_python("-m", "benchmarks.coverage", "--quick")
    assert "| order: equal results | 450 | 20 | 100.0% | 0.0% |" in printed
    assert "| order: equal results | 100.0% | 0.0% |" in printed


@pytest.mark.slow
def test_scrub_speed_prints_a_row_for_each_page_and_records_every_frame(tmp_path: Path) -> None:
    needed_chromium()
    file = tmp_path / "frames.csv"
    printed = run_python(
        "-m", "benchmarks.scrub_speed", "--rounds", "1", "--record", str(file), seconds=PATIENCE
    )
    assert "| train, digits, 7 charts |" in printed
    assert "| playground, two models |" in printed
    counts = re.findall(r"\| (\d+) \| [\d.]+ \| [\d.]+ \|", printed)
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1 + sum(map(int, counts))


def test_a_recording_of_frames_has_a_row_for_each_and_the_table_their_quantiles(
    tmp_path: Path,
) -> None:
    taken = [float(each) for each in range(100, 0, -1)]
    assert scrub_speed.row("page", taken) == "| page | 100 | 50.5 | 96.0 |"
    scrub_speed.record(tmp_path / "frames.csv", {"a, b": [16.7, 8.25], "c": [1.0]})
    assert (tmp_path / "frames.csv").read_text(encoding="utf-8").splitlines() == [
        "what,frame,milliseconds", '"a, b",0,16.700', '"a, b",1,8.250', "c,0,1.000",
    ]  # fmt: skip


@pytest.mark.slow
def test_export_speed_prints_a_row_for_each_program() -> None:
    printed = run_python("-m", "benchmarks.export_speed", "--quick")
    assert "| TensorBoard | 4 |" in printed
    assert "| MLflow | 4 |" in printed


@pytest.mark.slow
def test_page_speed_prints_each_change_beside_a_bare_page() -> None:
    needed_chromium()
    printed = run_python("-m", "benchmarks.page_speed", "--changes", "1", seconds=PATIENCE)
    for what in ("train, another learning rate", "hinge vs cross-entropy, another strength"):
        assert f"| {what}: first curves |" in printed
        assert f"| {what}: all seeds |" in printed
    assert printed.count("| (first curves − training) / bare page |") == 2
    assert printed.count("| bare page: first visit |") == 2


@pytest.mark.slow
def test_compare_speed_prints_rows_for_few_runs_and_for_many() -> None:
    needed_chromium()
    few = "--runs", "20", "--rounds", "2"
    printed = run_python("-m", "benchmarks.compare_speed", *few, seconds=PATIENCE)
    for what in ("10 runs", "20 runs", "bare Streamlit page"):
        assert f"| {what}: later visits, address to list |" in printed
        assert f"| {what}: later visits, address to curves |" in printed
        assert f"| {what}: click " in printed


@pytest.mark.parametrize("scheduler", ["thread", "processes"])
@pytest.mark.slow
def test_side_by_side_prints_a_row_for_each_time(scheduler: str) -> None:
    quick = "--quick", "--scheduler", scheduler
    printed = run_python("-m", "benchmarks.side_by_side", *quick, seconds=PATIENCE)
    for what in ("first curves", "ten seeds"):
        assert f"| {what} after a change, alone |" in printed
        assert f"| {what} after a change while somebody trains |" in printed
    assert "| the training, beside the changes |" in printed
