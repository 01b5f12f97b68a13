"""Journeys on the Compare and Sweep pages, in a real browser."""

import re
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from lossopt_core import Experiment, RunStore, train
from tests.browser.helpers import (
    click,
    figure,
    goto,
    new_context,
    rerun,
    selector,
    server_process,
)
from tests.programs import ROOT, wait_until

# A caption is as wide as the page; its words are not.
BOX_OF_WHAT_IS_SEEN = """
element => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return range.getBoundingClientRect().toJSON();
}
"""
SMALL = "dataset=blobs&blobs.examples=90&blobs.spread=3&epochs=2"


def wait_for_training(page: Page) -> None:
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0, timeout=60_000)


def map_of(page: Page) -> Locator:
    return page.locator(selector("sweep-map-all"))


@pytest.mark.slow  # tests/pages/test_sweep.py shows it
def test_sweep_two_losses_and_three_strengths_and_read_the_verdict(page: Page) -> None:
    goto(page, "/sweep?dataset=digits&epochs=2&scatter_x=weight_norm")
    expect(page.get_by_text("60 runs: 6 combinations × 10 seeds")).to_be_visible()
    expect(page.get_by_text(re.compile("Training time: about"))).to_be_visible()
    page.locator(".st-key-train button").click()
    expect(page.get_by_text("138 are already saved.")).to_be_visible(timeout=60_000)
    wait_for_training(page)
    expect(page.get_by_text(re.compile("Best test accuracy"))).to_be_visible()
    verdict = page.get_by_text(re.compile(r"with 10 seeds|\(10 seeds")).first
    expect(verdict).to_be_visible()

    # Verdict and map are seen without scrolling, also on a telephone.
    for width in (1440, 420):
        page.set_viewport_size({"width": width, "height": 900})
        for seen in (page.get_by_text(re.compile("Best test accuracy")), map_of(page)):
            box = seen.first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 900
    page.set_viewport_size({"width": 1440, "height": 900})

    # A click on a cell of the map opens its combination.
    cells = figure(page, "sweep-map-all")["data"][0]
    assert len(cells["x"]) == 3
    page.locator(f"{selector('sweep-map-all')} .nsewdrag").first.click()
    expect(page.get_by_text(re.compile(": 10 runs"))).to_be_visible()
    assert "opened=" in page.url

    # So does one on a mark of any other picture; one of the scatter opens its run.
    for look in ("Sensitivity", "Parallel coordinates", "Scatter"):
        with rerun(page):
            page.locator(".st-key-look").get_by_text(look, exact=True).click()
        key = {"Sensitivity": "sensitivity", "Parallel coordinates": "parallel"}.get(
            look, "scatter"
        )
        drawn = figure(page, f"sweep-{key}-all")["data"]
        marked = [each for each in drawn if each.get("customdata")]
        points = [
            point
            for each in marked
            for point in zip(each["x"], each["y"], each["customdata"], strict=True)
        ]
        places = Counter((x, y) for x, y, _ in points)
        x, y, id = next(each for each in points if places[each[:2]] == 1)
        click(page, f"sweep-{key}-all", x, y)
        expect(page).to_have_url(re.compile(f"opened={id}"))
    expect(page.get_by_text(re.compile("Seed [0-9]: Test accuracy"))).to_be_visible()
    with rerun(page):
        page.get_by_role("link", name="Compare its runs").click()
    expect(page.get_by_role("heading", name="Compare runs")).to_be_visible()
    assert any("(n=10)" in line["name"] for line in figure(page, "curves-all")["data"])


@pytest.fixture
def seeded(environment: dict[str, str]) -> RunStore:
    """Two losses with ten seeds, in the store of the server."""
    store = RunStore(environment["LOSSOPT_STORE"])
    base = Experiment(
        dataset="blobs", dataset_options={"examples": 90, "spread": 3}, epochs=3, split_seed=77
    )
    store.save(
        train(
            [
                base.replace(loss=loss, seed=k)
                for loss in ("hinge", "cross_entropy")
                for k in range(10)
            ]
        )
    )
    return store


@pytest.mark.slow  # tests/pages/test_compare.py shows it
def test_filter_group_baseline_and_a_link_into_a_fresh_browser(
    page: Page, browser: Browser, seeded: RunStore
) -> None:
    goto(page, "/compare?y=test_accuracy")
    with rerun(page):
        box = page.locator(".st-key-filter input")
        box.fill("split_seed = 77 and loss in (hinge, cross_entropy)")
        page.keyboard.press("Enter")
    # Both groups are drawn without a click; one hides a group, the next shows it again.
    table = page.get_by_test_id("stDataFrame").first
    for _ in range(2):
        with rerun(page):
            table.click(position={"x": 16, "y": 35 + 17})
    names = [line["name"] for line in figure(page, "curves-all")["data"]]
    assert len([name for name in names if "(n=10)" in name and "band" not in name]) == 2

    with rerun(page):
        page.locator(".st-key-part").get_by_text("Significance").click()
    with rerun(page):
        page.locator(".st-key-baseline-choice input").click()
        page.get_by_role("option", name="Baseline: Hinge", exact=True).click()
    verdict = page.get_by_text(re.compile("10 seeds")).first
    expect(verdict).to_be_visible()
    said = verdict.inner_text()

    # The same address shows the same to whoever has the same store.
    copied = page.url
    goto(page, copied)
    expect(page.get_by_text(said).first).to_be_visible()

    page.get_by_role("button", name="Export").click()
    shared = page.locator('[data-testid="stCode"]').filter(has_text="share=").inner_text().strip()
    assert len(shared) < 8_000
    # Elsewhere the runs are not kept: here they are deleted first.
    seeded.delete(seeded.list()["id"])
    stranger = new_context(browser)
    other = stranger.new_page()
    other.goto(shared)
    expect(other.get_by_text(re.compile("reproduced: largest relative difference"))).to_be_visible(
        timeout=60_000
    )
    expect(other.get_by_text(said).first).to_be_visible()
    stranger.close()


@pytest.mark.slow  # tests/pages shows it
def test_a_view_is_saved_and_opened_by_keyboard(page: Page, seeded: RunStore) -> None:
    goto(page, "/compare?filter=split_seed+%3D+77&rows=runs&runs=all&y=test_accuracy")
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name of this view").fill("Twenty")
    with rerun(page):
        page.keyboard.press("Enter")
    expect(page.get_by_text("View saved.")).to_be_visible()
    goto(page, "/compare")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="Twenty").focus()
    with rerun(page):
        page.keyboard.press("Enter")
    expect(page.locator(".st-key-filter input")).to_have_value("split_seed = 77")
    assert len(figure(page, "curves-all")["data"]) == 20
    seeded.delete_view("Twenty")


@pytest.mark.slow  # tests/pages shows it
def test_saving_a_note_is_confirmed_and_logs_no_warning(
    page: Page, seeded: RunStore, environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with (
        log.open("wb") as written,
        server_process(ROOT / "streamlit_app.py", environment=environment, log=written) as (app, _),
    ):
        goto(page, f"{app}/compare?runs={seeded.list()['id'].iloc[0]}&rows=runs")
        page.get_by_role("button", name="Name, tags, note").click()
        page.get_by_role("textbox", name="Tags").fill("paper")
        with rerun(page):
            page.keyboard.press("Enter")
        page.get_by_role("button", name="Save for this run").click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert seeded.list()["tags"].iloc[0] == ["paper"]
    assert "callback" not in log.read_text()


def test_a_deletion_is_undone(page: Page, seeded: RunStore) -> None:
    ids = list(seeded.list().query("split_seed == 77")["id"])
    goto(page, f"/compare?runs={ids[0]}&rows=runs&filter=split_seed+%3D+77")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Deleted 1 run.")).to_be_visible()
    assert ids[0] not in set(seeded.list()["id"])
    page.locator(".st-key-undo button").click()
    expect(page.get_by_text("Deleted 1 run.")).to_have_count(0)
    assert ids[0] in set(seeded.list()["id"])
    wait_until(lambda: len(figure(page, "curves-all")["data"]) == 1)


@pytest.mark.slow  # tests/pages shows it
def test_after_deleting_the_last_run_the_page_shows_reference_runs(
    page: Page, seeded: RunStore
) -> None:
    kept = set(seeded.list()["id"])
    goto(page, "/compare?runs=all&y=test_accuracy")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("You have no saved runs yet")).to_be_visible()
    page.locator(".st-key-undo button").click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.get_by_text("Group and style")).to_be_visible()
    assert set(seeded.list()["id"]) == kept


@pytest.mark.parametrize("width", [1440, 420])
def test_the_toolbar_of_the_table_covers_nothing(page: Page, seeded: RunStore, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    goto(page, "/compare?filter=split_seed+%3D+77")
    page.get_by_test_id("stDataFrame").first.hover()
    tools = page.get_by_test_id("stElementToolbar").first
    expect(tools.get_by_role("button").first).to_be_visible()
    below = tools.bounding_box()
    assert below is not None
    # The rows are counted beside them.
    for above in (page.get_by_role("button", name="Import"), page.get_by_text("in 2 rows")):
        box = above.evaluate(BOX_OF_WHAT_IS_SEEN)
        beside = box["right"] <= below["x"]
        assert beside or box["bottom"] <= below["y"]


@pytest.mark.slow  # test_frame shows it of a figure
def test_zoom_survives_a_change_of_options(page: Page, seeded: RunStore) -> None:
    family = seeded.list().query("loss == 'hinge' and split_seed == 77")["family"].iloc[0]
    goto(page, f"/compare?runs={family}")
    figure(page, "curves-all")
    page.locator(selector("curves-all")).evaluate(
        "(element) => Plotly.relayout(element, {'xaxis.range': [1, 2]})"
    )
    with rerun(page):
        page.locator(".st-key-members label").first.click()
    shown = figure(page, "curves-all")
    assert shown["layout"]["xaxis"]["range"] == [1, 2]
    assert any(line["name"].endswith("each run") for line in shown["data"])


def take_report(page: Page, address: str, file: Path) -> None:
    """The report of the view at this address, as a file."""
    goto(page, address)
    # Figures that are drawn later would move the button.
    drawn = "[...document.querySelectorAll('.lossopt-figure')].every(each => each._fullLayout)"
    page.wait_for_function(drawn)
    with rerun(page):
        page.get_by_role("button", name="Report").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").click()
    download.value.save_as(file)


def test_a_report_opens_from_disk_with_the_network_off(
    page: Page, browser: Browser, seeded: RunStore, tmp_path: Path
) -> None:
    hinge, entropy = seeded.list().query("split_seed == 77")["family"].unique()
    address = f"/compare?y=test_accuracy&runs={hinge},{entropy}"
    goto(page, f"{address}&baseline={hinge}&part=differences")
    verdict = page.get_by_text(re.compile("10 seeds")).first.inner_text()
    looks = {"differences": f"&baseline={hinge}", "evaluation": "", "cost": "&target=0.42"}
    for look, more in looks.items():
        take_report(page, f"{address}{more}&part={look}", tmp_path / f"{look}.html")

    offline = new_context(browser, viewport={"width": 1280, "height": 900}, offline=True)
    report = offline.new_page()
    asked: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    report.goto((tmp_path / "differences.html").as_uri())
    expect(report.locator(".scatterlayer .js-line").nth(1)).to_be_visible()
    legend = report.locator(".legendtext").all_text_contents()
    assert [re.sub(r": .* \(n=10\)", "", name) for name in legend] == ["Hinge", "Cross-entropy"]
    expect(report.get_by_text(verdict).first).to_be_visible()
    expect(report.get_by_text("Paired differences")).to_be_visible()

    report.goto((tmp_path / "evaluation.html").as_uri())
    expect(report.locator(".heatmaplayer image").first).to_be_visible()
    expect(report.get_by_text("Every run under every loss")).to_be_visible()
    report.goto((tmp_path / "cost.html").as_uri())
    expect(report.locator(".barlayer .point path").first).to_be_visible()
    assert asked == [(tmp_path / f"{look}.html").as_uri() for look in looks]
    offline.close()


SEEN = """
(element) => [...element.querySelectorAll(".subplot")].map((plot) =>
  [...plot.querySelectorAll("path.point")].filter((point) => {
    const { width } = point.getBoundingClientRect();
    return width > 0 && point.style.display !== "none";
  }).length
)
"""


def test_every_cell_of_a_scatter_matrix_shows_its_points(page: Page, seeded: RunStore) -> None:
    goto(page, "/compare?filter=split_seed=77&part=settings&effects=matrix")
    assert figure(page, "matrix-all")["data"]
    seen = page.locator(selector("matrix-all")).evaluate(SEEN)
    # Test and training accuracy against the loss and both accuracies, each of 20 runs.
    assert seen == [20] * 6
