"""Many visitors of one app: isolated from each other."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
import websockets
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.people import Kind
from benchmarks.visitors import Visit
from lossopt_core import Experiment, RunStore
from lossopt_core.store import reference
from lossopt_core.store.schema import runs
from lossopt_core.store.unfinished import ActiveTrainings
from tests.browser.helpers import ONE, figure, goto, new_profile, rerun, server, shown_text
from tests.load_visitors import check_a_visit
from tests.programs import ROOT, wait_until

SMALL = "dataset=blobs&epochs=2&learning_rate=0.1&seeds=1"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('hosted') / 'runs.db'}"


@pytest.fixture(scope="module")
def hosted(address: str) -> Iterator[str]:
    """The address of the app as everybody's."""
    environment = {
        "LOSSOPT_MODE": "hosted",
        "LOSSOPT_STORE": address,
        "LOSSOPT_SCHEDULER": "processes",
        "LOSSOPT_MAX_UPDATES": "50000",
        "LOSSOPT_MAX_NUMBERS": "200000",
    }
    with server(ROOT / "streamlit_app.py", environment=environment) as place:
        yield place


@pytest.fixture(scope="module")
def visitor(browser: Browser, hosted: str) -> Iterator[BrowserContext]:
    with new_profile(browser, hosted) as context:
        yield context


@pytest.fixture(scope="module")
def stranger(browser: Browser, hosted: str) -> Iterator[BrowserContext]:
    with new_profile(browser, hosted) as context:
        yield context


def trained(context: BrowserContext, query: str) -> Page:
    """A page of this visitor with a trained run."""
    page = context.new_page()
    goto(page, f"/train?{query}")
    expect(page.locator(".st-key-below")).to_be_visible()
    return page


def of_seed(seed: int) -> Experiment:
    """What `SMALL` and a seed in an address ask for."""
    return Experiment(dataset="blobs", epochs=2, seed=seed)


def workspace_with(experiment: Experiment, address: str) -> str:
    """The one workspace that has this run."""
    [workspace] = [name for name, ids in kept_ids(address).items() if experiment.id in ids]
    return workspace


def kept_ids(address: str) -> dict[str, set[str]]:
    """The ids of the runs in the store, by workspace."""
    with RunStore(address).database.reading() as database:
        rows = database.execute(runs.select().where(runs.c.deleted.is_(None))).all()
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.workspace, set()).add(row.id)
    return found


def test_runs_are_private_to_their_visitor(
    visitor: BrowserContext, stranger: BrowserContext, address: str
) -> None:
    page = trained(visitor, f"{SMALL}&seed=11")
    mine = of_seed(11).id
    workspace = workspace_with(of_seed(11), address)
    assert re.fullmatch(r"visit-[0-9a-f]{40}", workspace)

    other = trained(stranger, f"{SMALL}&seed=12")
    for path in (f"/inspect?run={mine}", f"/landscape?runs={mine}", f"/compare?runs={mine}"):
        goto(other, path)
        expect(other.get_by_test_id("stException")).to_have_count(0)
        assert "seed 11" not in shown_text(other)
    goto(other, f"/inspect?run={mine}")
    expect(other.get_by_text(f"Run {mine} is not saved here")).to_be_visible()
    assert kept_ids(address)[workspace] == {mine}

    # A reload, and a second tab, find the visitor's own again.
    for tab in (page, visitor.new_page()):
        goto(tab, f"/inspect?run={mine}")
        chosen = tab.get_by_role("combobox", name="Run", exact=True)
        expect(chosen).to_have_value(re.compile("^Blobs · Cross-entropy"))
        expect(tab.get_by_text("is not saved here")).to_have_count(0)


@pytest.mark.slow  # tests/pages shows it
def test_reference_runs_exist_from_the_first_visit_and_are_read_only(
    browser: Browser, hosted: str, address: str
) -> None:
    before = reference.runs(address).list()
    assert set(before["id"]) == set(reference.IDS)
    with new_profile(browser, hosted) as context:
        page = context.new_page()
        goto(page, "/compare")
        with rerun(page):
            page.get_by_role("button", name="Compare reference runs").click()
        expect(page.get_by_text("Reference runs are read-only")).to_be_visible()
        expect(page.get_by_role("button", name="Delete")).to_have_count(0)
        names = [line["name"] for line in figure(page, "curves-all")["data"]]
        assert len([name for name in names if name.endswith("(reference)")]) == 4
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as started:
            page.locator(".st-key-download button").click()
        exported = pd.read_csv(started.value.path())
        assert set(exported["id"]) == {each.id for each in reference.OPTIMIZERS_COMPARED}
    # Playwright keeps an event loop in this thread.
    with ThreadPoolExecutor() as other:
        other.submit(asyncio.run, _forge_clicks(hosted)).result()
    assert reference.runs(address).list().equals(before)


async def _forge_clicks(hosted: str) -> None:
    """Press, beside reference runs, the buttons that a page had for a run of one's own."""
    cookies: dict[str, str] = {}
    async with Visit(hosted, cookies) as tab:
        await tab.open(
            "train", {"dataset": "blobs", "epochs": "2", "learning_rate": "0.1", "seeds": "1"}
        )
        await tab.wait_until(lambda: bool(tab.run_ids()), "the run was not saved")
        [own] = tab.run_ids()
        await tab.go("compare", {"references": "true", "runs": own})
        buttons = [tab.id_of(key) for key in ("pin", "archive", "delete")]
        await tab.go("compare", {"references": "true", "runs": ",".join(reference.IDS)})
        assert set(reference.IDS) <= tab.run_ids()
        for button in buttons:
            await tab.forge(button)  # at worst it concerns the run that it was made for


def test_a_visitor_of_the_load_benchmark_gets_the_runs_it_asks_for(
    hosted: str, address: str
) -> None:
    clicks = check_a_visit(Kind(Experiment(dataset="blobs", epochs=2)), hosted, address)
    assert "train" not in clicks, "the page is live"


def test_the_visitor_cookie_is_unreadable_by_scripts_and_cannot_be_forged(
    visitor: BrowserContext, stranger: BrowserContext, address: str
) -> None:
    page = trained(visitor, f"{SMALL}&seed=21")
    assert "lossopt_visit" not in page.evaluate("document.cookie")
    [cookie] = [each for each in visitor.cookies() if each["name"] == "lossopt_visit"]
    assert cookie["httpOnly"]
    workspace = workspace_with(of_seed(21), address)
    assert cookie["value"] not in workspace
    forged = {"name": "lossopt_visit", "value": workspace.ljust(43, "a")[:43], "url": page.url}
    stranger.add_cookies([forged])
    other = stranger.new_page()
    goto(other, "/compare")
    assert "seed 21" not in shown_text(other)
    expect(other.get_by_text("No saved runs", exact=False).first).to_be_visible()


@pytest.mark.slow  # tests/ui/identity has forty of them
def test_foreign_cookies_on_the_same_host_do_not_lose_the_workspace(
    browser: Browser, hosted: str, address: str
) -> None:
    with new_profile(browser, hosted) as context:
        page = context.new_page()
        page.goto(f"{hosted}/_stcore/health")
        others = [
            'prefs={"theme":"dark"}',
            "consent=yes please",
            "name=日本",
            "flag",
            "lossopt_visit2=",
        ]
        for cookie in others:
            page.evaluate("cookie => { document.cookie = cookie + '; path=/' }", cookie)
        page = trained(context, f"{SMALL}&seed=22")
        workspace = workspace_with(of_seed(22), address)
        page.evaluate("document.cookie = 'late=[1, \"b\"]; path=/train'")
        trained(context, f"{SMALL}&seed=23")
        assert workspace_with(of_seed(23), address) == workspace


def test_only_the_browser_that_opened_a_session_can_resume_it(hosted: str) -> None:
    async def told(token: str, session: str = "") -> str:
        """The session id that a connection receives; it may name one to resume."""
        named = [websockets.Subprotocol(each) for each in ("streamlit", "x", session) if each]
        connection = websockets.connect(
            f"{hosted.replace('http', 'ws')}/_stcore/stream",
            subprotocols=named,
            additional_headers={"Cookie": f"lossopt_visit={token}"},
        )
        async with connection as socket:
            await socket.send(BackMsg(rerun_script=ClientState()).SerializeToString())
            while True:
                message = ForwardMsg.FromString(await socket.recv())  # type: ignore[arg-type]
                if message.WhichOneof("type") == "new_session":
                    return str(message.new_session.initialize.session_id)

    async def try_all() -> None:
        session = await told("a" * 43)
        assert await told("b" * 43, session) != session
        assert await told("forged", session) != session
        assert await told("a" * 43, session) == session

    # Playwright keeps an event loop in this thread.
    with ThreadPoolExecutor() as other:
        other.submit(asyncio.run, try_all()).result()


def test_requests_over_budget_are_refused_with_a_message(visitor: BrowserContext) -> None:
    page = visitor.new_page()
    goto(page, f"/train?dataset=blobs&epochs=5000&batch_size=1&{ONE}")
    with rerun(page):
        page.locator(".st-key-train button").click()
    expect(page.get_by_text("the limit is 50,000", exact=False)).to_be_visible()
    goto(page, "/train?dataset=mnist_like&mnist_like.examples=60000&mnist_like.features=784")
    expect(page.get_by_text("the limit is 200,000", exact=False)).to_be_visible()


def test_the_pages_load_nothing_that_the_headers_forbid(visitor: BrowserContext) -> None:
    page = visitor.new_page()
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    for path in ("/", "/lecture?card=scores", f"/hinge-vs-cross-entropy?{SMALL}", "/playground"):
        goto(page, path)
    forbidden = [text for text in errors if "Content Security Policy" in text]
    assert not forbidden


def test_an_interrupted_training_is_reported_and_resumed(
    visitor: BrowserContext, address: str
) -> None:
    page = trained(visitor, f"{SMALL}&seed=31")
    workspace = workspace_with(of_seed(31), address)
    left = [of_seed(32), of_seed(33)]
    underway = ActiveTrainings(RunStore(address, workspace))
    underway.interrupt([underway.begin(left)])
    goto(page, "/compare")
    expect(page.get_by_text("Training was interrupted", exact=False)).to_be_visible()
    with rerun(page):
        page.locator("[class*=st-key-resume] button").click()
    expect(page.get_by_text("was interrupted", exact=False)).to_have_count(0)
    wait_until(lambda: {each.id for each in left} <= kept_ids(address)[workspace])
    goto(page, "/compare")
    expect(page.get_by_text("was interrupted", exact=False)).to_have_count(0)


@pytest.mark.slow  # that a deserted training is stopped, tests of the queue show without a browser
def test_closing_the_page_frees_the_worker_within_a_minute(
    browser: Browser, tmp_path: Path
) -> None:
    environment = {
        "LOSSOPT_MODE": "hosted",
        "LOSSOPT_STORE": f"sqlite:///{tmp_path / 'runs.db'}",
        "LOSSOPT_WORKERS": "1",
        "LOSSOPT_MAX_UPDATES": "1e9",
        "LOSSOPT_MAX_PRODUCTS": "1e15",
        "LOSSOPT_MAX_SECONDS": "600",
    }
    with (
        server(ROOT / "streamlit_app.py", environment=environment) as place,
        new_profile(browser, place) as first,
        new_profile(browser, place) as second,
    ):
        leaving = first.new_page()
        leaving.goto(f"/train?dataset=digits&epochs=2000&batch_size=1&{ONE}")
        leaving.locator(".st-key-train button").click()
        expect(leaving.get_by_text(re.compile("Training: [0-9]%"))).to_be_visible(timeout=60_000)
        page = second.new_page()
        page.goto(f"/train?{SMALL}&seed=41")
        expect(page.get_by_text("Waiting for a free worker")).to_be_visible()
        leaving.close()
        expect(page.locator(".st-key-below")).to_be_visible(timeout=60_000)


MESSAGE = 2_000_000
"""Bytes that a browser may send at once."""


def test_the_message_limit_applies_before_decompression(hosted: str) -> None:
    """What a few kilobytes stand for is refused before there is room made for it."""

    read_and_no_message, too_big = 1002, 1009

    async def end_of(*sent: bytes) -> int | None:
        async with Visit(hosted, {}) as tab:
            await tab.open("lecture", {})
            await tab._socket.send(sent if len(sent) > 1 else sent[0])
            await asyncio.wait_for(tab._socket.wait_closed(), 10)
            return tab._socket.close_code

    async def come() -> list[int | None]:
        half = bytes(MESSAGE // 2)
        return [
            await end_of(half + half),
            await end_of(half + half + b"0"),
            await end_of(half, half[:-10]),  # the end of a message takes some bytes too
            await end_of(half, half + b"0"),
        ]

    with ThreadPoolExecutor() as other:
        ends = other.submit(asyncio.run, come()).result()
    assert ends == [read_and_no_message, too_big] * 2


def test_uploads_are_accepted_only_on_pages_with_an_uploader(hosted: str) -> None:
    async def come() -> tuple[int, int, int]:
        async with Visit(hosted, {}) as tab:
            await tab.open("lecture", {})
            unasked = await asyncio.to_thread(tab.upload, "a.csv", b"a,b\n1,2\n")
            await tab.go("data", {})
            asked = await asyncio.to_thread(tab.upload, "a.csv", b"a,b\n1,2\n")
            await tab.go("lecture", {})
            again = await asyncio.to_thread(tab.upload, "a.csv", b"a,b\n1,2\n")
            return unasked, asked, again

    with ThreadPoolExecutor() as other:
        assert other.submit(asyncio.run, come()).result() == (403, 204, 403)
