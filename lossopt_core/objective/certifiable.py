"""Whether the optimum of an objective can be certified."""

from lossopt_core.objective.losses import LOSSES
from lossopt_core.objective.regularizers import REGULARIZERS


def why_not_certified(loss: str, regularizer: str) -> str:
    """Why there is no certificate for a loss with a penalty, by their names; "" if there is one.

    The dual of the loss must be known (`Loss.domain`), and the penalty must be a sum of absolute
    and squared weights (`Regularizer.elastic_net_form`).
    """
    if LOSSES[loss].domain is None:
        return f"there is no certificate for this loss: the dual of {LOSSES[loss].label} is unknown"
    if not REGULARIZERS[regularizer].elastic_net_form:
        return (
            f"there is no certificate for this penalty: {REGULARIZERS[regularizer].label} is not"
            " a sum of absolute and squared weights"
        )
    return ""
