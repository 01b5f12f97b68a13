"""How long a frame of time travel takes: from a move of the slider to the painted page.

    pip install -r requirements-dev.txt         # and Chromium
    python -m benchmarks.scrub_speed

All charts of a page are in view and follow: on the train page of a run on digits seven charts, on
the playground two planes with their curves and losses.  A frame ends where the browser has painted
what the slider has moved.
"""

import argparse
import statistics
import tempfile

from playwright.sync_api import Page, sync_playwright

from tests.browser.helpers import chromium, goto, new_profile, rerun, server
from tests.programs import ROOT

FRAMES = """
async ([selector, rounds]) => {
  const inside = [...document.querySelectorAll(`${selector} *`)].find((each) => each.shadowRoot);
  const range = inside.shadowRoot.querySelector("input[type=range]");
  const figures = [...document.querySelectorAll(".lossopt-figure")].filter(
    ({ shown }) => shown?.frames,
  );
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const taken = [];
  for (let round = 0; round < rounds; round++) {
    for (let tick = 0; tick <= range.max; tick++) {
      await painted();
      const start = performance.now();
      range.value = tick;
      range.dispatchEvent(new Event("input"));
      await Promise.all(figures.map(({ painting }) => painting));
      await painted();
      taken.push(performance.now() - start);
    }
  }
  return { taken, moved: figures.filter(({ inView }) => inView).length };
}
"""


def measure(page: Page, what: str, selector: str, rounds: int) -> None:
    """Move the slider through all its ticks, and print a row."""
    found = page.evaluate(FRAMES, [selector, rounds])
    taken = sorted(found["taken"])
    print(
        f"| {what} | {found['moved']} | {len(taken)} | {statistics.median(taken):.0f}"
        f" | {taken[int(0.95 * len(taken))]:.0f} |"
    )


def main() -> None:
    """Start the app, make a run, move through it, print the times."""
    parser = argparse.ArgumentParser(description="Time the frames of time travel.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print("| page | charts | frames | median (ms) | 95 % below (ms) |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        environment = {"LOSSOPT_STORE": f"sqlite:///{place}/runs.db"}
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with (
            server(ROOT / "streamlit_app.py", environment=environment) as address,
            new_profile(browser, address) as profile,
        ):
            page = profile.new_page()
            page.set_viewport_size({"width": 1440, "height": 2400})
            page.set_default_timeout(120_000)
            page.goto("/train?live=true")
            page.get_by_text("of the optimum (certified)").wait_for()
            page.locator(".st-key-losses .main-svg").first.wait_for()
            page.wait_for_timeout(1_000)
            measure(page, "train, digits", ".st-key-moment", rounds)
            goto(page, "/playground?points=spiral&features=fourier&two=true&steps=60")
            for wanted in (".st-key-k_steps button", ".st-key-time .travel"):
                with rerun(page):
                    page.locator(wanted).click(position={"x": 2, "y": 2})
            measure(page, "playground, two models", ".st-key-time", rounds)
        browser.close()


if __name__ == "__main__":
    main()
