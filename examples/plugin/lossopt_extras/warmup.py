"""A schedule: short steps at first."""

from lossopt_core.optim.schedules import Schedule


class Warmup(Schedule):
    """From a tenth of the learning rate to all of it, in the first tenth of the training."""

    label = "Warm-up"
    formula = r"\alpha_t = \alpha \min(1,\; 0.1 + 9 t)"
    summary = "Rises from a tenth of the learning rate in the first tenth of the training."
    numpy_code = "rate = learning_rate * np.minimum(1, 0.1 + 9 * (update - 1) / {updates})\n"

    def factor(self, done: float) -> float:
        return min(1.0, 0.1 + 9.0 * done)
