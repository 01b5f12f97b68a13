"""Detection of runs trained by an older version of the update rules.

Before edition 2, optimizers with state or an adaptive metric did not minimise the declared
objective when it had an L1 penalty (see `optimizers`).  The id of such an experiment has not
changed, so its old runs must not pass for current results: they count as stopped, with
`OLDER_RULE` as the reason.  They can still be viewed, and retraining replaces them.
"""

from collections.abc import Mapping
from typing import Any

EDITION = "2"
"""The current edition, stored as `rules` in a run's environment."""
OLDER_RULE = "trained by an older rule for L1"
CHANGED = frozenset({"momentum", "nesterov", "adagrad", "rmsprop", "adam"})
"""Optimizers whose proximal step changed in edition 2."""


def by_older_rule(settings: Mapping[str, Any], environment: Mapping[str, object]) -> bool:
    """Whether retraining a run with these settings and environment would change its results.

    `settings` are all fields of its experiment, as stored.
    """
    penalised = settings["strength"] > 0 and (
        settings["regularizer"] == "l1"
        or (settings["regularizer"] == "elastic_net" and settings["l1_ratio"] > 0)
    )
    return penalised and settings["optimizer"] in CHANGED and "rules" not in environment
