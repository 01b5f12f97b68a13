"""How long a frame takes: of time travel through a run, and of the playground while it plays.

    pip install -r requirements-dev.txt         # and Chromium
    python -m benchmarks.scrub_speed
    python -m benchmarks.scrub_speed --page playground --record frames.csv

On the train page the curves of ten seeds and, of the first of them, weights and mistakes are in
view and follow the slider; a frame ends where the browser has painted what it has moved.  The
playground plays two models with random Fourier features on 100 points of the spiral; a frame lasts
from one picture to the next, at best as long as the display shows one.  The row below is the time
from moving a point, while it plays, to the first picture of models that know of it; and the last
one that of a bare page, whose only component paints as long and shows the number that it sent:
what Streamlit takes without us.  `--record` writes every single time to a file, one row per frame
in the order of the frames.
"""

import argparse
import csv
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.experiment_page import ALL_SEEDS
from tests.browser.helpers import chromium, goto, new_profile, server
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


PLAYED = """
async ([milliseconds]) => {
  const inside = [...document.querySelectorAll(".st-key-arena *")].find((each) => each.shadowRoot);
  const root = inside.shadowRoot.querySelector(".arena");
  const frame = () => new Promise(requestAnimationFrame);
  const play = async (until, seen) => {
    const end = performance.now() + until;
    while (performance.now() < end) seen(await frame());
  };
  const canvas = root.querySelector("canvas.plane");
  const point = (name, x, y) => {
    const box = canvas.getBoundingClientRect();
    const at = (value) => value / (2 * root.data.side) + 0.5;
    const clientX = box.left + box.width * at(x);
    const clientY = box.top + box.height * at(-y);
    canvas.dispatchEvent(new PointerEvent(name, { clientX, clientY, button: 0 }));
  };
  root.querySelector(".play").click();
  await play(1000, () => {});
  const painted = [];
  await play(milliseconds, () => {
    if (root.painted !== painted.at(-1)) painted.push(root.painted);
  });
  const [x, y] = root.data.points[0];
  canvas.setPointerCapture = () => {};
  point("pointerdown", x, y);
  const answers = [];
  for (let move = 0; move < 12; move++) {
    await play(400, () => {});
    const start = performance.now();
    const there = [-1 + move / 10, 0.5];
    point("pointermove", ...there);
    const known = () => Math.hypot(root.data.points[0][0] - there[0],
                                   root.data.points[0][1] - there[1]) < 0.002;
    while (!known() && performance.now() - start < 5000) await frame();
    await frame();
    answers.push(performance.now() - start);
  }
  root.querySelector(".play").click();
  const frames = painted.slice(1).map((each, k) => each - painted[k]);
  return { frames, answers };
}
"""


BARE = """
import streamlit as st

JS = '''
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector("canvas");
  Object.assign(root, { number: data, setTriggerValue });
  if (root.context) return;
  root.context = root.getContext("2d");
  const paint = (now) => {
    root.context.fillStyle = `hsl(${now / 10} 50% 50%)`;
    root.context.fillRect(0, 0, root.width, root.height);
    while (performance.now() < now + PAINTING);
    requestAnimationFrame(paint);
  };
  requestAnimationFrame(paint);
}
'''
bare = st.components.v2.component("bare", html="<canvas width=960 height=480></canvas>", js=JS)


@st.fragment
def answer():
    sent = st.session_state.get("bare")
    bare(key="bare", data=(sent and sent["event"]) or 0, on_event_change=lambda: None)


answer()
"""
PAINTING = 5
"""Milliseconds that the bare page paints in each frame."""
ANSWERED = """
async (rounds) => {
  const inside = [...document.querySelectorAll("*")].find((each) => each.shadowRoot);
  const root = inside.shadowRoot.querySelector("canvas");
  const frame = () => new Promise(requestAnimationFrame);
  const taken = [];
  for (let round = 1; round <= rounds; round++) {
    const wait = performance.now() + 400;
    while (performance.now() < wait) await frame();
    const start = performance.now();
    root.setTriggerValue("event", round);
    while (root.number !== round && performance.now() - start < 5000) await frame();
    await frame();
    taken.push(performance.now() - start);
  }
  return taken;
}
"""


def of_train(page: Page, rounds: int) -> dict[str, list[float]]:
    """Move the slider of the train page through all its ticks; milliseconds by what was timed."""
    page.set_viewport_size({"width": 1440, "height": 3400})
    page.goto("/train?each=true")  # weights and mistakes
    page.wait_for_function(ALL_SEEDS, arg={})
    page.get_by_text("of the optimum (certified)").first.wait_for()
    page.locator(".st-key-losses-0 .main-svg").first.wait_for()
    page.get_by_test_id("stProgress").wait_for(state="detached")
    page.wait_for_timeout(1_000)
    found = page.evaluate(FRAMES, [".st-key-moment", rounds])
    return {f"train, digits, {found['moved']} charts": found["taken"]}


def of_playground(page: Page, rounds: int) -> dict[str, list[float]]:
    """Play two models, and move a point meanwhile; milliseconds by what was timed."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(reduced_motion="no-preference")
    goto(page, "/playground?points=spiral&point_count=100&features=fourier&updates=0")
    page.locator(".arena .numbers").nth(1).wait_for()
    page.wait_for_timeout(2_000)
    found = page.evaluate(PLAYED, [2_000 * rounds])
    return {
        "playground, two models": found["frames"],
        "playground, a point is moved": found["answers"],
    }


def of_bare_page(browser: Browser) -> dict[str, list[float]]:
    """Send numbers to a page that plays and shows them; milliseconds until each is painted."""
    with tempfile.TemporaryDirectory() as place:
        script = Path(place, "bare.py")
        script.write_text(BARE.replace("PAINTING", f"{PAINTING}"), encoding="utf-8")
        with server(script) as address, new_profile(browser, address) as profile:
            page = profile.new_page()
            page.goto(address)
            page.locator("canvas").wait_for()
            page.wait_for_timeout(2_000)
            return {"bare page, a number is sent": page.evaluate(ANSWERED, 12)}


PAGES = {"train": of_train, "playground": of_playground}


def row(what: str, taken: list[float]) -> str:
    """A row of the table: how many, the median, and what 95 % are below."""
    taken = sorted(taken)
    return (
        f"| {what} | {len(taken)} | {statistics.median(taken):.1f}"
        f" | {taken[int(0.95 * len(taken))]:.1f} |"
    )


def record(file: Path, found: Mapping[str, list[float]]) -> None:
    """Write all times: what was timed, the number of the frame, milliseconds."""
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["what", "frame", "milliseconds"])
        for what, taken in found.items():
            rows.writerows([what, k, f"{each:.3f}"] for k, each in enumerate(taken))


def main() -> None:
    """Start the app, make a run, move through it, print the times."""
    parser = argparse.ArgumentParser(description="Time the frames of time travel.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--page", choices=PAGES, action="append", help="only this page")
    parser.add_argument("--record", type=Path, metavar="FILE.csv", help="write every frame's time")
    given = parser.parse_args()
    print("| page | frames | median (ms) | 95 % below (ms) |\n|---|---|---|---|")
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        environment = {"LOSSOPT_STORE": f"sqlite:///{place}/runs.db"}
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with (
            server(ROOT / "streamlit_app.py", environment=environment) as address,
            new_profile(browser, address) as profile,
        ):
            page = profile.new_page()
            page.set_default_timeout(120_000)
            for name in given.page or PAGES:
                taken = PAGES[name](page, given.rounds)
                print("\n".join(row(*each) for each in taken.items()), flush=True)
                found |= taken
        if "playground" in (given.page or PAGES):
            taken = of_bare_page(browser)
            print("\n".join(row(*each) for each in taken.items()), flush=True)
            found |= taken
        browser.close()
    if given.record:
        record(given.record, found)


if __name__ == "__main__":
    main()
