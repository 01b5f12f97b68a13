"""Which objectives have certificates."""

from lossopt_core.objective.losses import LOSSES
from lossopt_core.objective.regularizers import REGULARIZERS


def why_not_certified(loss: str, regularizer: str) -> str:
    """Why there is no certificate for a loss and a penalty, given by name; "" if there is one.

    The dual of the loss must be known (`Loss.domain`), and the penalty must be a sum of L1 and L2
    terms (`Regularizer.elastic_net_form`).
    """
    if LOSSES[loss].domain is None:
        return f"there is no certificate for this loss: the dual of {LOSSES[loss].label} is unknown"
    if not REGULARIZERS[regularizer].elastic_net_form:
        return (
            f"there is no certificate for this penalty: {REGULARIZERS[regularizer].label} is not"
            " a sum of L1 and L2 terms"
        )
    return ""
