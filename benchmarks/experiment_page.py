"""What an experiment page says of a training, to visitors without a screen and in a browser.

A page with one lane and live training, as most people use it: a change trains every seed of the
lane, first curves come with the first seed, and the verdict once all seeds are saved.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.visitors import PATIENCE, Visit, key_of
from lossopt_core import Experiment
from lossopt_ui.jobs.comparing import Comparison, Entry
from lossopt_ui.state.pages import DECLARED

WAITING = "Waiting for a free worker"
SO_FAR = "so far: the verdict follows"
TRAINING_PATIENCE = 3 * PATIENCE
"""Seconds for a training, which may have to wait for those of others."""


def seeds_of(experiment: Experiment) -> tuple[Experiment, ...]:
    """What a page trains of this configuration if nobody chooses another number of seeds."""
    entry = Entry(experiment, tuned=False)
    seeds, varying = (DECLARED[name].default for name in ("seeds", "varying"))
    return Comparison((entry,), seeds, varying).seeds_of(experiment)


def verdict_at(rate: float, *, tuned: bool = False) -> str:
    """The end of the verdict that a page shows once every seed is saved."""
    return f"at the {'tuned ' if tuned else ''}learning rate {rate:g}."


def has_new_curves(tab: Visit, rate: float) -> bool:
    """Whether the page has drawn curves of this learning rate since the last click.

    Until then the charts show the previous curves in grey, without a verdict above them.
    """
    drawn = tab.drawn_since()
    news = SO_FAR, verdict_at(rate), verdict_at(rate, tuned=True)
    said = {run for run, each in drawn if any(text in each.markdown.body for text in news)}
    return any(
        run in said and key_of(each.bidi_component.id).startswith("objective-")
        for run, each in drawn
    )


async def first_curves(tab: Visit, rate: float) -> float:
    """Wait for the first curves of this learning rate; when they came, by `time.perf_counter`."""
    await tab.wait_until(
        lambda: has_new_curves(tab, rate),
        f"no curves of the learning rate {rate:g} came",
        patience=TRAINING_PATIENCE,
    )
    return time.perf_counter()


@contextmanager
def watched(tab: Visit, rate: float) -> Iterator["asyncio.Task[float]"]:
    """The task of waiting for the first curves, beside what is clicked meanwhile."""
    task = asyncio.create_task(first_curves(tab, rate))
    try:
        yield task
    finally:
        task.cancel()


async def verdict(tab: Visit, rate: float) -> None:
    """Wait until every seed at this learning rate is saved."""
    await tab.wait_until(
        lambda: verdict_at(rate) in tab.words(),
        f"no verdict at the learning rate {rate:g} came",
        patience=TRAINING_PATIENCE,
    )


# In a browser: JavaScript

LANES = r"""
() => {
  const lanes = {};
  for (const place of document.querySelectorAll('[class*="st-key-objective-"]')) {
    const traces = place.querySelector(".lossopt-figure")?._fullData ?? [];
    for (const { mode, name, x, y } of traces) {
      if (mode !== "lines" || x.length < 3 || /^before: |: band$/.test(name)) continue;
      lanes[name] = [
        `${x.at(-1)} ${y.at(-1)}`,
        traces.some((other) => other.name === `${name}: band`),
      ];
    }
  }
  return lanes;
}
"""
"""By lane on the charts of objectives: its last point, and whether its curve has a band.

There are no bands before a second seed is complete.  Lanes that are grey, from before a change, do
not count."""
_NEW = f"const now = ({LANES.strip()})(); const new_ = (lane) => now[lane][0] !== before[lane]?.[0]"
ANY_NEW = f"(before) => {{ {_NEW}; return Object.keys(now).some(new_); }}"
"""Whether there is a curve that was not there `before`, which is what LANES gave then."""
ALL_SEEDS = f"""(before) => {{ {_NEW};
  const lanes = Object.keys(now);
  const main = document.querySelector('[data-testid="stMain"]').innerText;
  return lanes.length > 0 && lanes.every((lane) => new_(lane) && now[lane][1])
    && !main.includes("{SO_FAR}");
}}"""
"""Whether all curves are new and have bands, and the verdict over all seeds is there."""
COMPLETE = """
(query) => location.search.includes(query)
  && document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning"
  && !document.querySelector('[data-stale="true"]')
"""
"""Whether the page is complete, and its address contains a text."""
