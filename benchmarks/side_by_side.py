"""Whether one visitor's training slows down another's, and is slowed down.

    pip install -r requirements-dev.txt
    python -m benchmarks.side_by_side
    python -m benchmarks.side_by_side --scheduler thread
    python -m benchmarks.side_by_side --quick     # a smoke run

Starts a server of its own.  One visitor changes the learning rate on the train page as it opens,
which trains ten seeds, and waits for the first curves and for the verdict over all of them.
Another trains one run for some seconds, with a click on Train.  Each is timed alone and beside the
other, and the training in a script, too.  Visitors speak Streamlit's protocol without drawing.
"""

import argparse
import asyncio
import platform
import tempfile
import time
from statistics import median
from typing import NamedTuple

from benchmarks.experiment_page import first_curves, verdict, watched
from benchmarks.visitors import Visit
from lossopt_core import Experiment, suggested_learning_rate, train
from tests.browser.helpers import server
from tests.programs import ROOT

APP = ROOT / "streamlit_app.py"
SMALL = Experiment(epochs=20)
"""What the one who changes settings trains."""
LARGE = Experiment(optimizer="gd", epochs=5_000, seed=1)


class Change(NamedTuple):
    """Seconds from another learning rate to its first curves, and to all seeds."""

    curves: float
    verdict: float


async def change(tab: Visit, rate: float) -> Change:
    """Type another learning rate, and wait for what comes of it."""
    began = time.perf_counter()
    with watched(tab, rate) as curves:
        await tab.set_number("learning_rate", rate)
        first = await curves - began
    await verdict(tab, rate)
    return Change(first, time.perf_counter() - began)


async def changes(tab: Visit, rates: list[float]) -> list[Change]:
    """One change after the other."""
    return [await change(tab, rate) for rate in rates]


async def whole(tab: Visit, experiment: Experiment) -> float:
    """Seconds from Train to the saved run."""
    began = time.perf_counter()
    await tab.press("train")
    await verdict(tab, experiment.learning_rate)
    return time.perf_counter() - began


def one_run(experiment: Experiment) -> dict[str, str]:
    """The address of a page that trains this one, at its own rate, when its button is pressed."""
    own = {name: f"{getattr(experiment, name):g}" for name in ("epochs", "learning_rate", "seed")}
    return own | {"optimizer": experiment.optimizer, "seeds": "1", "live": "false"}


def rates(first: int, count: int) -> list[float]:
    """Learning rates that nobody has tried."""
    return [round(0.05 + 1e-4 * (first + k), 6) for k in range(count)]


async def measure(address: str, count: int, epochs: int) -> dict[str, float]:
    """Seconds by what was done."""
    large = LARGE.replace(epochs=epochs)
    again = large.replace(seed=2)
    async with (
        Visit(address, {}) as small,
        Visit(address, {}) as other,
        Visit(address, {}) as third,
    ):
        await small.open("train", {"epochs": str(SMALL.epochs)})
        await first_curves(small, suggested_learning_rate(SMALL))
        await changes(small, rates(0, 2))  # the first training waits for imports
        alone = await changes(small, rates(10, count))
        await other.open("train", one_run(large))
        undisturbed = await whole(other, large)
        await third.open("train", one_run(again))
        training = asyncio.create_task(whole(third, again))
        await asyncio.sleep(0.5)
        beside, number = [], 0
        while not training.done():
            beside += await changes(small, rates(100 + number, 1))
            number += 1
        disturbed = await training
    began = time.perf_counter()
    train([large.replace(seed=3)])
    return {
        "first curves after a change, alone": median(each.curves for each in alone),
        "first curves after a change while somebody trains": median(e.curves for e in beside),
        "ten seeds after a change, alone": median(each.verdict for each in alone),
        "ten seeds after a change while somebody trains": median(e.verdict for e in beside),
        "the training, in a script": time.perf_counter() - began,
        "the training, on the page": undisturbed,
        "the training, beside the changes": disturbed,
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Two visitors side by side.")
    parser.add_argument("--quick", action="store_true", help="a smoke run")
    parser.add_argument("--scheduler", default="processes", help="the server's LOSSOPT_SCHEDULER")
    chosen = parser.parse_args()
    size = (3, 500) if chosen.quick else (15, 5_000)
    with tempfile.TemporaryDirectory() as place:
        environment = {
            "LOSSOPT_STORE": f"sqlite:///{place}/runs.db", "LOSSOPT_SCHEDULER": chosen.scheduler,
        }  # fmt: skip
        with server(APP, environment=environment) as address:
            found = asyncio.run(measure(address, *size))
    print(f"Python {platform.python_version()} on {platform.machine()}, {chosen.scheduler}\n")
    print("| | seconds | |\n|---|---:|---:|")
    base = 1.0
    for name, seconds in found.items():
        if name.endswith((", alone", "in a script")):  # the rows below are compared with this one
            base = seconds
        print(f"| {name} | {seconds:.2f} | {seconds / base:.2f} × |")


if __name__ == "__main__":
    main()
