"""Every download button, clicked in a browser: the file agrees with the store."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Page, expect

from lossopt_core import (
    Experiment,
    Run,
    RunStore,
    train,
)
from lossopt_core.analysis.tables import tidy, to_csv, to_json
from lossopt_core.exchange import archive, mlflow, tensorboard
from lossopt_core.exchange.sharing import unpack
from lossopt_core.store.schema import examples
from lossopt_core.uploads import UploadStore, from_bytes
from tests.browser.helpers import PATIENCE, goto, new_profile, rerun, server
from tests.programs import ROOT

MODES = ["hosted", pytest.param("local", marks=pytest.mark.slow)]


class Visitor(NamedTuple):
    """A visitor's page, and the store with what is theirs."""

    page: Page
    store: RunStore
    runs: list[Run]


@pytest.fixture(scope="module", params=MODES)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Addresses of an app and of its store."""
    store = f"sqlite:///{tmp_path_factory.mktemp(request.param) / 'runs.db'}"
    environment = {"LOSSOPT_MODE": request.param, "LOSSOPT_STORE": store}
    with server(ROOT / "streamlit_app.py", environment=environment) as place:
        yield place, store


def table(width: int) -> bytes:
    """A CSV file whose numbers depend on the width."""
    rows = [b"%d.5,%d.25,%s\n" % (i, i * width % 7, b"pq"[i % 2 :][:1]) for i in range(30)]
    return b"height,width,class\n" + b"".join(rows)


def arrived(profile: BrowserContext, store: str, seeds: list[int], width: int) -> Visitor:
    """Somebody who has uploaded a data set, and has runs of these seeds."""
    page = profile.new_page()
    page.set_default_timeout(PATIENCE)
    goto(page, "/data")
    page.locator('input[type="file"]').set_input_files(
        {"name": "own.csv", "mimeType": "text/csv", "buffer": table(width)}
    )
    before = workspaces(store)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Download", exact=True)).to_be_visible()
    [workspace] = workspaces(store) - before
    mine = RunStore(store, workspace)
    runs = train([Experiment(dataset="blobs", epochs=2, seed=seed) for seed in seeds])
    mine.save(runs)
    return Visitor(page, mine, runs)


def workspaces(address: str) -> set[str]:
    """Those in which somebody keeps data."""
    with RunStore(address).database.reading() as database:
        return {row.workspace for row in database.execute(examples.select()).all()}


@pytest.fixture(scope="module")
def visitor(browser: Browser, site: tuple[str, str]) -> Iterator[Visitor]:
    place, store = site
    with new_profile(browser, place) as profile:
        yield arrived(profile, store, [3, 4], 2)


def downloaded(page: Page, button: str) -> tuple[str, bytes]:
    """Name and content of the file that the button with this selector gives."""
    with page.expect_download() as download:
        page.locator(button).click()
    file = download.value
    return file.suggested_filename, Path(file.path()).read_bytes()


def compare(visitor: Visitor) -> Page:
    ids = ",".join(run.id for run in visitor.runs)
    goto(visitor.page, f"/compare?runs={ids}&rows=runs")
    return visitor.page


def open_popover(page: Page, name: str) -> None:
    with rerun(page):
        page.get_by_role("button", name=name, exact=True).first.click()


def test_uploaded_data(visitor: Visitor) -> None:
    page, store, _ = visitor
    [mine] = UploadStore(store).list()
    name, content = downloaded(page, f".st-key-download-{mine.fingerprint} button")
    assert name == f"{mine.fingerprint}.npz"
    kept = UploadStore(store).examples(mine.fingerprint)
    assert kept is not None
    assert np.array_equal(from_bytes(content).features, kept.features)
    assert from_bytes(content).class_names == kept.class_names


def test_every_export_of_the_compare_page(visitor: Visitor) -> None:
    page, runs = compare(visitor), visitor.runs
    open_popover(page, "Export")
    expect(page.get_by_text(f"2 runs, {len(tidy(runs))} rows.")).to_be_visible()
    run_files(page, runs)
    programs_files(page, runs)
    link_and_scripts(page, runs)
    page.keyboard.press("Escape")
    report_and_tables(page, runs)
    figures(page)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


def run_files(page: Page, runs: list[Run]) -> None:
    """The evaluations as CSV, JSON and Parquet; whole runs in an archive."""
    expected = {
        "download": ("lossopt-runs.csv", to_csv(tidy(runs)).encode()),
        "download-json": ("lossopt-runs.json", to_json(tidy(runs)).encode()),
    }
    for key, file in expected.items():
        assert downloaded(page, f".st-key-{key} button") == file
    _, content = downloaded(page, ".st-key-download-parquet button")
    pd.testing.assert_frame_equal(pd.read_parquet(BytesIO(content)), tidy(runs))
    name, content = downloaded(page, ".st-key-download-whole button")
    assert name == "lossopt-runs.lossopt.zip"
    for back, run in zip(archive.from_archive(content), runs, strict=True):
        assert back.id == run.id
        assert np.array_equal(back.weights, run.weights)
        assert np.array_equal(back.path, run.path)
        pd.testing.assert_frame_equal(back.minibatch, run.minibatch)


def programs_files(page: Page, runs: list[Run]) -> None:
    """What TensorBoard and MLflow read, where it can be written here."""
    for key, program in (("tensorboard", tensorboard), ("mlflow", mlflow)):
        button = f".st-key-download-{key} button"
        if program.why_not():
            expect(page.locator(button)).to_have_count(0)
            continue
        with zipfile.ZipFile(BytesIO(downloaded(page, button)[1])) as packed:
            names = packed.namelist()
            everything = "".join([*names, *(packed.read(n).decode("latin-1") for n in names)])
        assert all(run.id in everything for run in runs)


def link_and_scripts(page: Page, runs: list[Run]) -> None:
    """What is copied: the share link and the script."""
    texts = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").all_inner_texts()
    [link] = re.findall(r"share=([\w.~%-]+)", texts[0])
    assert [each.experiment.id for each in unpack(link)] == [run.id for run in runs]
    assert "seed=3" in texts[1]
    assert "seed=4" in texts[1]


def report_and_tables(page: Page, runs: list[Run]) -> None:
    """The report, and the table below the curves as text."""
    ends = [run.final["objective"] for run in runs]
    page.get_by_role("button", name="Download table").click()
    _, content = downloaded(page, ".st-key-table-csv button")
    written = pd.read_csv(StringIO(content.decode()))["Objective"]
    assert written.tolist() == pytest.approx(ends, rel=1e-4)
    for key in ("markdown", "latex"):
        _, content = downloaded(page, f".st-key-table-{key} button")
        assert all(f"{end:.4g}"[:5] in content.decode().replace("\\", "") for end in ends)
    page.keyboard.press("Escape")
    open_popover(page, "Report")
    name, content = downloaded(page, ".st-key-download-report button")
    assert name == "lossopt-report.html"
    assert all(f"{end:.4g}"[:5] in content.decode() for end in ends)
    page.keyboard.press("Escape")


def figures(page: Page) -> None:
    """A chart as a picture."""
    chart = page.locator(".lossopt-figure").first
    chart.hover()
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            chart.locator(f'[data-title="Download as {kind}"]').click()
        assert Path(download.value.path()).read_bytes().startswith(start)


def test_a_failed_download_is_reported(visitor: Visitor) -> None:
    """The runs are deleted in another tab, between drawing and pressing."""
    page = compare(visitor)
    open_popover(page, "Export")
    visitor.store.delete([visitor.runs[0].id])
    downloads: list[Download] = []
    page.on("download", lambda download: downloads.append(download))
    page.locator(".st-key-download button").click()
    expect(page.get_by_test_id("stAlertContentError")).to_contain_text(
        "lossopt-runs.csv was not made: 1 of the 2 selected runs is no longer stored;"
        " reload the page and select again."
    )
    assert downloads == []
    visitor.store.restore([visitor.runs[0].id])
    downloaded(page, ".st-key-download button")
    assert len(downloads) == 1
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


@pytest.mark.slow  # test_hosted has two visitors
@pytest.mark.parametrize("site", ["hosted"], indirect=True)  # local mode has one visitor
def test_each_visitor_downloads_their_own_runs(
    visitor: Visitor, browser: Browser, site: tuple[str, str]
) -> None:
    place, address = site
    with new_profile(browser, place) as profile:
        other = arrived(profile, address, [3, 5], 3)
        [mine] = UploadStore(other.store).list()
        _, content = downloaded(other.page, f".st-key-download-{mine.fingerprint} button")
        kept = UploadStore(other.store).examples(mine.fingerprint)
        assert kept is not None
        assert np.array_equal(from_bytes(content).features, kept.features)
        assert mine.fingerprint not in {
            each.fingerprint for each in UploadStore(visitor.store).list()
        }
        page = compare(other)
        open_popover(page, "Export")
        content = downloaded(page, ".st-key-download button")[1]
        assert content.decode() == to_csv(tidy(other.runs))
