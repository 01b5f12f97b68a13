"""Let servers run on a store for long, within a moment."""

from datetime import timedelta

from lossopt_core.store.uptime import Uptime


def run_for(address: str, time: timedelta) -> None:
    """Count so much running time in the store at the address."""
    now = 0.0
    running = Uptime(address, clock=lambda: now, most=time.total_seconds())
    running.count()
    now = time.total_seconds()
    running.count()
