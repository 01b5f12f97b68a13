"""What scripts with NumPy alone are made of: a few lines for every entry of every registry.

Words in braces are filled in.  The names are those of the lecture:

    W        (classes, features)     weights; the last column is the bias
    X        (examples, features)    examples; the last feature is always 1
    y        (examples,)             the true classes
    scores   (classes, examples)     W X
    true     the places of the true classes in the scores
    losses   (examples,)             the loss of each example
    slopes   (classes, examples)     its derivative with respect to the scores

To add one, write how the loss, penalty, rule, schedule or data set would stand in a lecture.
"""

from dataclasses import dataclass

LOSSES = {
    "hinge": """\
violations = np.maximum(0, scores - scores[true] + margin)
violations[true] = 0
losses = violations.sum(axis=0)
slopes = 1.0 * (violations > 0)
slopes[true] = -slopes.sum(axis=0)
""",
    "squared_hinge": """\
violations = np.maximum(0, scores - scores[true] + margin)
violations[true] = 0
losses = (violations**2).sum(axis=0)
slopes = 2 * violations
slopes[true] = -slopes.sum(axis=0)
""",
    "cross_entropy": """\
scores -= scores.max(axis=0)  # changes nothing, but exp(1000) would be too large a number
total = np.exp(scores).sum(axis=0)
losses = np.log(total) - scores[true]
slopes = np.exp(scores) / total  # the probabilities
slopes[true] -= 1
""",
    "crammer_singer": """\
violations = np.maximum(0, scores - scores[true] + margin)
violations[true] = 0
losses = violations.max(axis=0)
slopes = np.eye(len(W))[violations.argmax(axis=0)].T * (losses > 0)  # the strongest rival
slopes[true] = -slopes.sum(axis=0)
""",
    "one_vs_all": """\
signs = np.full(scores.shape, -1.0)
signs[true] = 1
violations = np.maximum(0, margin - signs * scores)
losses = violations.sum(axis=0)
slopes = -signs * (violations > 0)
""",
}


@dataclass(frozen=True)
class Penalty:
    """A penalty in its places; "" where it has no part."""

    value: str = ""
    """What is added to the mean loss."""
    lines: str = ""
    """What stands before that: the gradient of the smooth part, for one."""
    by_weight: str = ""
    """Strengths weight by weight, 0 for the bias.

    Where there is an `absolute` among them, the optimizer's proximal step uses it.
    """

    @property
    def proximal(self) -> bool:
        """Whether absolute weights are penalised."""
        return "absolute" in self.by_weight


REGULARIZERS = {
    "none": Penalty(),
    "l2": Penalty(
        value=" + strength * (W[:, :-1] ** 2).sum()",
        lines="gradient[:, :-1] += 2 * strength * W[:, :-1]\n",
    ),
    "l1": Penalty(
        value=" + (absolute * np.abs(W)).sum()",
        by_weight="absolute = strength * (np.arange({columns}) < {bias})  # 0 for the bias\n",
    ),
    "elastic_net": Penalty(
        value=" + (absolute * np.abs(W) + squared * W**2).sum()",
        lines="gradient += 2 * squared * W\n",
        by_weight="""\
absolute, squared = np.outer([l1_ratio, 1 - l1_ratio], strength * (np.arange({columns}) < {bias}))
""",
    ),
}


@dataclass(frozen=True)
class Rule:
    """An update rule: the names that it remembers, 0 at first, and its lines.

    `proximal` are the lines where absolute weights are penalised, each by its entry of `absolute`.
    """

    update: str
    proximal: str
    memory: tuple[str, ...] = ()


STEP = "W = W - rate * gradient\n"
SHRINK = "W = W - np.clip(W, -rate * absolute, rate * absolute)\n"
SLOPE = """\
slope = gradient + np.where(W, absolute * np.sign(W), np.clip(-gradient, -absolute, absolute))
"""
"""The objective's gradient; where it has several, the least of them."""


OPTIMIZERS = {
    "gd": Rule(STEP, STEP + SHRINK),
    "sgd": Rule(STEP, STEP + SHRINK),
    "momentum": Rule(
        """\
velocity = momentum * velocity + gradient
W = W - rate * velocity
""",
        """\
velocity = momentum * velocity + gradient
W = W - rate * velocity
cut = np.clip(W, -rate * absolute, rate * absolute)
W, velocity = W - cut, velocity + cut / rate
""",
        memory=("velocity",),
    ),
    "nesterov": Rule(
        """\
velocity = momentum * velocity + gradient
W = W - rate * (gradient + momentum * velocity)
""",
        """\
point = W - rate * gradient
point = point - np.clip(point, -rate * absolute, rate * absolute)
velocity = (momentum * velocity + (W - point) / rate) * (point != 0)
W = point - rate * momentum * velocity
""",
        memory=("velocity",),
    ),
    "adagrad": Rule(
        """\
squares = squares + gradient**2
W = W - rate * gradient / (np.sqrt(squares) + 1e-8)
""",
        f"""\
{SLOPE}squares = squares + slope**2
step = rate / (np.sqrt(squares) + 1e-8)
W = (ahead := W - step * gradient) - np.clip(ahead, -step * absolute, step * absolute)
""",
        memory=("squares",),
    ),
    "rmsprop": Rule(
        """\
squares = 0.99 * squares + (1 - 0.99) * gradient**2
W = W - rate * gradient / (np.sqrt(squares) + 1e-8)
""",
        f"""\
{SLOPE}squares = 0.99 * squares + (1 - 0.99) * slope**2
step = rate / (np.sqrt(squares) + 1e-8)
W = (ahead := W - step * gradient) - np.clip(ahead, -step * absolute, step * absolute)
""",
        memory=("squares",),
    ),
    "adam": Rule(
        """\
m, v = momentum * m + (1 - momentum) * gradient, 0.999 * v + (1 - 0.999) * gradient**2
m_hat, v_hat = m / (1 - momentum**update), v / (1 - 0.999**update)
W = W - rate * m_hat / (np.sqrt(v_hat) + 1e-8)
""",
        f"""\
{SLOPE}m, v = momentum * m + (1 - momentum) * gradient, 0.999 * v + (1 - 0.999) * slope**2
m_hat, step = m / (1 - momentum**update), rate / (np.sqrt(v / (1 - 0.999**update)) + 1e-8)
W = (ahead := W - step * m_hat) - np.clip(ahead, -step * absolute, step * absolute)
""",
        memory=("m", "v"),
    ),
}
SCHEDULES = {
    "constant": "",
    "step": "rate = learning_rate * 0.5 ** np.floor(5 * ((update - 1) / {updates}))\n",
    "exponential": "rate = learning_rate * np.exp(-5 * (update - 1) / {updates})\n",
    "inverse_time": "rate = learning_rate / (1 + 9 * (update - 1) / {updates})\n",
    "cosine": "rate = learning_rate * (1 + np.cos(np.pi * (update - 1) / {updates})) / 2\n",
}
"""The learning rate of the present update; a constant one is called `rate` itself."""


LOADED = "X, y = datasets.load_{dataset}(return_X_y=True)\n"
SHIPPED = """\
rows = np.loadtxt("{file}", str, delimiter=",", skiprows=1, quotechar='"')
X, y = rows[:, 1:].astype(float), np.unique(rows[:, 0], return_inverse=True)[1]
"""
DATASETS = {
    "digits": LOADED,
    "blobs": """\
about = {{"centers": {classes}, "cluster_std": {spread}, "center_box": (-5, 5)}}
X, y = datasets.make_blobs({examples}, {features}, **about, random_state={split_seed})
""",
    "mnist_like": """\
telling = max(4, {features} // 10)
about = {{"n_informative": telling, "n_redundant": telling, "n_clusters_per_class": 1}}
about |= {{"n_classes": 10, "class_sep": 2, "random_state": {split_seed}}}
X, y = datasets.make_classification({examples}, {features}, **about)
""",
    "spiral": """\
arm, radius = np.arange({classes}), np.tile(np.linspace(0, 1, {points}), {classes})
noise = {noise} * np.random.RandomState({split_seed}).randn({classes}, {points})
angle = (np.linspace(4 * arm, 4 * arm + 4, {points}, axis=1) + noise).ravel()
X, y = np.c_[radius * np.sin(angle), radius * np.cos(angle)], np.repeat(arm, {points})
""",
    "moons": "X, y = datasets.make_moons({examples}, noise={noise}, random_state={split_seed})\n",
    "circles": """\
about = {{"noise": {noise}, "factor": {inner_radius}, "random_state": {split_seed}}}
X, y = datasets.make_circles({examples}, **about)
""",
    "iris": LOADED,
    "wine": LOADED,
    "breast_cancer": LOADED,
    "penguins": SHIPPED.format(file="data/penguins.csv"),
    "glass": SHIPPED.format(file="data/glass.csv"),
    "course_demo": """\
x1 = [0.5, 0.8, 0.3, -0.4, -0.3, -0.7, 0.7, 0.5, -0.4]
x2 = [0.4, 0.3, 0.8, 0.3, 0.7, 0.2, -0.4, -0.6, -0.5]
X, y = np.c_[x1, x2], np.repeat([0, 1, 2], 3)
""",
    "own": """\
own = np.load("{data}.npz")  # from the page Own data, there under Download
X, y = own["X"], own["y"]
""",
}
