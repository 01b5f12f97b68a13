"""Background trainings for tests."""

from lossopt_core import Experiment, RunStore
from lossopt_ui.jobs.job import Job
from lossopt_ui.jobs.workers import Workers
from tests.programs import wait_until

LONG = Experiment(epochs=100_000)


def begin(workers: Workers, store: RunStore) -> Job:
    """A long training that has started."""
    job = workers.begin([LONG], store)
    wait_until(lambda: job.share > 0)
    return job
