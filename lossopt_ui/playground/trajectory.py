"""A model's trajectory so far, with caches of what was computed at earlier updates."""

from dataclasses import dataclass, field
from typing import Any

from lossopt_core.objective.linear import Array
from lossopt_core.playground.model import Model
from lossopt_ui.playground.rendering import render


@dataclass(frozen=True)
class Moment:
    """A model after some updates: the loss of each point, and the number correct."""

    losses: Array
    right: int


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A model's trajectory, with cached results at its stored updates."""

    model: Model
    moments: dict[int, Moment] = field(default_factory=dict)
    pictures: dict[int, dict[str, Any]] = field(default_factory=dict)

    def moment(self, update: int) -> Moment:
        """Losses and accuracy after this many updates."""
        if update not in self.moments:
            then = self.model.at(update)
            self.moments[update] = Moment(then.losses(), then.correct())
        return self.moments[update]

    def picture(self, update: int) -> dict[str, Any]:
        """The rendered plane after this many updates."""
        if update not in self.pictures:
            self.pictures[update] = render(self.model.at(update))
        return self.pictures[update]


def trajectories_of(models: list[Model], known: list[Trajectory]) -> list[Trajectory]:
    """Trajectories of these models; a model that has only trained further keeps its caches."""
    by_model = {id(each.model): each for each in known}
    return [by_model.get(id(model)) or Trajectory(model) for model in models]
