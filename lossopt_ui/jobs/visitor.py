"""Who looks after trainings: they go on a while longer than the visit."""

from lossopt_ui.jobs.job import Job

DESERTED_SECONDS = 20.0
"""How long a training goes on without a visitor."""


class Visitor:
    """One visit, which looks after one training, and after those that it continued beside."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._beside: list[Job] = []

    def take(self, job: Job | None) -> None:
        """Look after this training from now on."""
        if job is not None:
            job.join(self)
        self.job = job

    def take_beside(self, job: Job) -> None:
        """Look after this one too, and let the other go on."""
        job.join(self)
        self._beside.append(job)

    def gone(self) -> None:
        """The visit has ended: a reload comes back within the time that its trainings have."""
        for job in (self.job, *self._beside):
            if job is not None:
                job.leave(self, DESERTED_SECONDS)
