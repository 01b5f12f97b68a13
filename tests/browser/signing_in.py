"""Signing in, in a browser."""

import re

from playwright.sync_api import Page, expect

from lossopt_core import Experiment
from tests.browser.helpers import goto, shown_text
from tests.identity_provider import PEOPLE

SMALL = "dataset=blobs&epochs=2&learning_rate=0.1&seeds=1"


def sign_in(page: Page, who: str) -> None:
    """Press the button, and tell the provider who one is."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=f"I am {who}").click()


def is_signed_in(page: Page, who: str) -> None:
    expect(page.get_by_role("button", name=PEOPLE[who]["name"])).to_be_visible()


def is_nobody(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def trained(page: Page, seed: int) -> Experiment:
    """Train a run; returns its experiment."""
    goto(page, f"/train?{SMALL}&seed={seed}")
    expect(page.locator(".st-key-below")).to_be_visible()
    return Experiment(dataset="blobs", epochs=2, seed=seed)


BLOBS = re.compile("^Blobs · Cross-entropy")
"""What a trained run is called."""


def has(page: Page, experiment: Experiment) -> None:
    goto(page, f"/inspect?run={experiment.id}")
    expect(page.get_by_role("combobox", name="Run", exact=True)).to_have_value(BLOBS)
    expect(page.get_by_text("is not saved here")).to_have_count(0)


def has_not(page: Page, experiment: Experiment) -> None:
    goto(page, f"/inspect?run={experiment.id}")
    nothing = page.get_by_text(re.compile("is not saved here|[Nn]o saved runs yet"))
    expect(nothing.first).to_be_visible()
    assert experiment.id[:6] not in shown_text(page).replace(experiment.id, "")
