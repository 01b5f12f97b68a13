"""Whether one visitor's training slows down another's, and is slowed down.

    pip install -r requirements-dev.txt
    python -m benchmarks.side_by_side
    python -m benchmarks.side_by_side --scheduler thread
    python -m benchmarks.side_by_side --quick     # a smoke run

Starts a server of its own.  One visitor changes the learning rate with auto-train on and waits for
the new run; another trains for some seconds.  Each is timed alone and beside the other, and the
training in a script, too.  Visitors speak Streamlit's protocol without drawing.
"""

import argparse
import asyncio
import platform
import tempfile
import time
from statistics import median

from benchmarks.visitors import Visit
from lossopt_core import Experiment, train
from tests.browser.helpers import server
from tests.programs import ROOT

APP = ROOT / "streamlit_app.py"
SMALL = Experiment(epochs=20)
"""What the one who changes settings trains."""
LARGE = Experiment(optimizer="gd", epochs=5_000, seed=1)


async def change(tab: Visit, rate: float) -> float:
    """Seconds from another learning rate to the run that it gives."""
    wanted = SMALL.replace(learning_rate=rate)
    began = time.perf_counter()
    await tab.set_number("learning_rate", rate)
    await tab.wait_until(lambda: wanted.id in tab.words(), f"{wanted.id} did not come")
    return time.perf_counter() - began


async def changes(tab: Visit, rates: list[float]) -> list[float]:
    """Seconds of one change after the other."""
    return [await change(tab, rate) for rate in rates]


async def whole(tab: Visit, experiment: Experiment) -> float:
    """Seconds from Train to the saved run."""
    began = time.perf_counter()
    await tab.press("train")
    await tab.wait_until(lambda: f"Saved as {experiment.id}" in tab.words(), "no run came")
    return time.perf_counter() - began


def rates(first: int, count: int) -> list[float]:
    """Learning rates that nobody has tried."""
    return [round(0.05 + 1e-4 * (first + k), 6) for k in range(count)]


async def measure(address: str, count: int, epochs: int) -> dict[str, float]:
    """Seconds by what was done."""
    large = LARGE.replace(epochs=epochs)
    query = {"epochs": str(SMALL.epochs), "live": "true"}
    long = {"optimizer": "gd", "epochs": str(epochs), "seed": "1"}
    again = large.replace(seed=2)
    async with (
        Visit(address, {}) as small,
        Visit(address, {}) as other,
        Visit(address, {}) as third,
    ):
        await small.open("train", query)
        await changes(small, rates(0, 2))  # the first training waits for imports
        alone = await changes(small, rates(10, count))
        await other.open("train", long)
        undisturbed = await whole(other, large)
        await third.open("train", long | {"seed": "2"})
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
        "a change, alone": median(alone),
        "a change while somebody trains": median(beside),
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
    change_alone, script = found["a change, alone"], found["the training, in a script"]
    for name, seconds in found.items():
        base = change_alone if name.startswith("a change") else script
        print(f"| {name} | {seconds:.2f} | {seconds / base:.2f} × |")


if __name__ == "__main__":
    main()
