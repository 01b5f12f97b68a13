"""Who has no mouse, a small screen and the dark theme can use every page: axe-core finds nothing.

All pages small and dark; wide and light, and every card, among the slow tests.  Contrast, names and
roles of controls, keyboard reach, structure: https://dequeuniversity.com/rules
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from lossopt_core import Experiment, RunStore, train
from lossopt_ui.state.pages.lecture import CARDS
from tests.browser.helpers import goto, new_context, wait_until_quiet

PAGES = (
    "/",
    "/train?live=true&epochs=3&lesson=loss.3&loss=hinge",
    "/hinge-vs-cross-entropy?live=true&epochs=3",
    "/gd-vs-sgd?live=true&epochs=3",
    "/sweep",
    "/playground",
    "/compare?runs={first},{second}&rows=runs&part=differences",
    "/inspect?run={first}",
    "/landscape?runs={first},{second}",
    "/data",
    "/lessons",
    "/lecture?card=hinge_and_softmax",
)
LESS_OFTEN = (
    "/playground?two=true&features=fourier&points=spiral",
    "/inspect?run={first}&inside=support",
    "/inspect?run={first}&inside=gradient",
    "/landscape?runs={first},{second}&plane=principal",
    *(f"/lecture?card={card}" for card in CARDS if card != "hinge_and_softmax"),
)
"""Other looks of the same pages, and all cards: among the slow tests."""
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def runs(environment: dict[str, str]) -> dict[str, str]:
    """Two runs in the store of the server, by their ids."""
    small = Experiment(dataset="blobs", epochs=2, split_seed=5)
    first, second = train([small, small.replace(loss="hinge")])
    RunStore(environment["LOSSOPT_STORE"]).save([first, second])
    return {"first": first.id, "second": second.id}


@pytest.fixture(scope="module")
def pages(browser: Browser, app: str) -> dict[str, Page]:
    """A small dark page and a wide light one."""
    looks = {"dark": (420, 900), "light": (1440, 900)}
    found = {}
    for scheme, (width, height) in looks.items():
        context = new_context(
            browser, base_url=app, viewport={"width": width, "height": height}, color_scheme=scheme
        )
        found[scheme] = context.new_page()
    return found


def check_that_it_fits(page: Page) -> None:
    """Neither the page nor a chart is wider than the screen."""
    assert page.viewport_size
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for chart in page.locator(".lossopt-figure").all():
        box = chart.bounding_box()
        assert box is None or box["x"] + box["width"] <= width


def is_of_streamlit(page: Page, rule: str, css: str) -> bool:
    """Whether only Streamlit can mend it.

    It nests the sections of the list of pages on a small screen wrongly, and gives the little chart
    of a metric, whose value stands beside it, no alternative text.
    """
    places = {
        "list": "stSidebarNavItems", "listitem": "stSidebarNavItems", "svg-img-alt": "stMetric",
    }  # fmt: skip
    return rule in places and page.locator(css).first.evaluate(
        '(element, place) => element.closest(`[data-testid="${place}"]`) !== null', places[rule]
    )


@pytest.mark.parametrize(
    ("address", "scheme"),
    [(address, "dark") for address in PAGES]
    + [pytest.param(address, "light", marks=pytest.mark.slow) for address in PAGES]
    + [pytest.param(address, "dark", marks=pytest.mark.slow) for address in LESS_OFTEN],
)
def test_a_page_has_no_serious_accessibility_violation(
    address: str, scheme: str, pages: dict[str, Page], runs: dict[str, str]
) -> None:
    page = pages[scheme]
    goto(page, address.format(**runs))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0, timeout=60_000)
    wait_until_quiet(page)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)
    check_that_it_fits(page)
    found = [
        f"{each['id']}: {node['html']}"
        for each in Axe().run(page).response["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
        if not is_of_streamlit(page, each["id"], node["target"][0])
    ]
    assert not found, "\n".join(found)


def test_the_cards_looked_at_are_cards() -> None:
    assert "hinge_and_softmax" in CARDS
