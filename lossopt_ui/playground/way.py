"""The way of a model so far: what is asked of it once need not be computed again."""

from dataclasses import dataclass, field
from typing import Any

from lossopt_core.objective.linear import Array
from lossopt_core.playground.model import Model
from lossopt_ui.playground.seen import seen


@dataclass(frozen=True)
class Moment:
    """A model after some updates: the loss of each point, and how many points are right."""

    losses: Array
    right: int


@dataclass(frozen=True, eq=False)
class Way:
    """The way of a model, with what was found out about its kept updates."""

    model: Model
    moments: dict[int, Moment] = field(default_factory=dict)
    pictures: dict[int, dict[str, Any]] = field(default_factory=dict)

    def moment(self, update: int) -> Moment:
        """What its points do after so many updates."""
        if update not in self.moments:
            then = self.model.at(update)
            self.moments[update] = Moment(then.losses(), then.right())
        return self.moments[update]

    def picture(self, update: int) -> dict[str, Any]:
        """What the plane looks like after so many updates."""
        if update not in self.pictures:
            self.pictures[update] = seen(self.model.at(update))
        return self.pictures[update]


def onward(ways: list[Way], models: list[Model]) -> list[Way]:
    """The ways of these models; one that has only gone further is still the same."""
    known = {id(way.model): way for way in ways}
    return [known.get(id(model)) or Way(model) for model in models]
