"""Take the pictures of the documentation from the running app.

    pip install -r requirements-dev.txt         # and Chromium
    python -m docs.pictures                     # all of them
    python -m docs.pictures train sweep         # some

They are written to docs/pictures as WebP.
"""

import argparse
import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.helpers import chromium, goto, new_profile, server, wait_until_quiet
from tests.programs import ROOT

PLACE = ROOT / "docs" / "pictures"
QUALITY = 82
PATIENCE = 120_000
"""Milliseconds for a training and its certificate."""


def nothing(page: Page) -> None:
    """Show the page as it opens."""


def trained(page: Page) -> None:
    """Wait for what trains by itself, with its certificates."""
    page.get_by_text("(certified)").first.wait_for(timeout=PATIENCE)
    page.locator(".st-key-stop").wait_for(state="detached", timeout=PATIENCE)
    page.locator(".lossopt-figure .main-svg").first.wait_for(timeout=PATIENCE)


def diverged(page: Page) -> None:
    """Wait for the message, and for the curves of all seeds."""
    page.get_by_text("of 10 seeds, the first").first.wait_for(timeout=PATIENCE)
    page.locator(".st-key-stop").wait_for(state="detached", timeout=PATIENCE)
    page.locator(".lossopt-figure .main-svg").first.wait_for(timeout=PATIENCE)


def swept(page: Page) -> None:
    """Train the sweep, and scroll its verdict into view."""
    page.locator(".st-key-train button").click()
    page.locator(".lossopt-figure").first.wait_for(timeout=PATIENCE)
    page.locator(".st-key-stop").wait_for(state="detached", timeout=PATIENCE)


def played(page: Page) -> None:
    """Let the playground train for a while."""
    page.locator(".arena .play").click()
    page.wait_for_timeout(4_000)
    page.locator(".arena .play").click()


@dataclass(frozen=True)
class Picture:
    """What is opened, what is done there, and the part of the page that is kept, in pixels."""

    path: str
    act: Callable[[Page], None] = nothing
    height: int = 900


PICTURES: Mapping[str, Picture] = {
    "lecture": Picture("/lecture?card=scores"),
    "train": Picture("/train?loss=hinge&epochs=10", trained),
    "hinge-vs-cross-entropy": Picture("/hinge-vs-cross-entropy?epochs=10", trained),
    "diverged": Picture(
        "/train?loss=squared_hinge&optimizer=gd&epochs=50&learning_rate=1", diverged
    ),
    "gd-vs-sgd": Picture("/gd-vs-sgd?batch_sizes=8,32,128&log_y=true", trained),
    "sweep": Picture("/sweep?axes=loss%3Dhinge,cross_entropy&seeds=10&epochs=5", swept),
    "playground": Picture("/playground", played),
}


def take(page: Page, picture: Picture, file: Path) -> None:
    """Write one picture."""
    page.set_viewport_size({"width": 1440, "height": picture.height})
    goto(page, picture.path)
    picture.act(page)
    page.get_by_test_id("stSkeleton").first.wait_for(state="detached", timeout=PATIENCE)
    wait_until_quiet(page, quiet=1_000)
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    image.convert("RGB").save(file, quality=QUALITY, method=6)
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Start the app with an empty store, and take the pictures that are named."""
    parser = argparse.ArgumentParser(description="Take the pictures of the documentation.")
    parser.add_argument("names", nargs="*", choices=[*PICTURES, []], metavar="NAME")
    wanted = parser.parse_args().names or list(PICTURES)
    PLACE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        environment = {"LOSSOPT_STORE": f"sqlite:///{place}/runs.db"}
        with server(ROOT / "streamlit_app.py", environment=environment) as address:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            for name in wanted:
                with new_profile(browser, address) as profile:
                    take(profile.new_page(), PICTURES[name], PLACE / f"{name}.webp")
            browser.close()


if __name__ == "__main__":
    main()
