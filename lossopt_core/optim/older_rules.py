"""Runs that an older edition of the update rules has trained.

Until edition 2, rules with a memory or a metric of their own minimised another objective than
the declared one where absolute weights are penalised (see `optimizers`).  The id of such an
experiment is the same as before, so its older runs must not pass for what it gives now: they
count as stopped, with `OLDER_RULE` as their reason.  They can still be looked at, and make way
for the run that is trained anew.
"""

from collections.abc import Mapping
from typing import Any

EDITION = "2"
"""The present edition, which a run's environment names as `rules`."""
OLDER_RULE = "trained by an older rule for L1"
CHANGED = frozenset({"momentum", "nesterov", "adagrad", "rmsprop", "adam"})
"""The rules whose proximal step is another one since edition 2."""


def by_older_rule(settings: Mapping[str, Any], environment: Mapping[str, object]) -> bool:
    """Whether a run with these settings, computed in this environment, would come out otherwise.

    `settings` are all fields of its experiment, as they are stored.
    """
    penalised = settings["strength"] > 0 and (
        settings["regularizer"] == "l1"
        or (settings["regularizer"] == "elastic_net" and settings["l1_ratio"] > 0)
    )
    return penalised and settings["optimizer"] in CHANGED and "rules" not in environment
