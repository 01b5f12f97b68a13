"""The link between a session and its trainings, which outlive it by a while."""

from lossopt_ui.jobs.job import Job

DESERTED_SECONDS = 20.0
"""How long a training continues without a visitor."""


class Visitor:
    """One session, which watches one training and any that it resumed in parallel."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._beside: list[Job] = []

    def take(self, job: Job | None) -> None:
        """Watch this training from now on."""
        if job is not None:
            job.join(self)
        self.job = job

    def take_beside(self, job: Job) -> None:
        """Watch this training too, and let the other one continue."""
        job.join(self)
        self._beside.append(job)

    def gone(self) -> None:
        """End the session; its trainings continue for a while, so that a reload finds them."""
        for job in (self.job, *self._beside):
            if job is not None:
                job.leave(self, DESERTED_SECONDS)
