"""Lesson: Is the difference real?"""

from lossopt_ui.lessons.steps import Lesson, Prediction, Step, all_of, chosen, saved, varied

SHORT = {"epochs": 6}
LOSSES = SHORT | {"axes": "loss=hinge,cross_entropy", "seeds": 3, "look": "sensitivity"}
LESSON = Lesson(
    "Is the difference real?",
    "Seeds, paired differences and intervals: when a result is more than luck.",
    Prediction(
        "One strength of the penalty is 10 % larger than the other. How large is the difference in"
        " test accuracy, with ten seeds each?",
        ("About 10 points", "About 1 point", "Too small to detect"),
        2,
        "The objectives are almost the same; what is left is smaller than the noise of the seeds.",
    ),
    (
        "A single run is one draw: another seed gives another result.",
        "Runs with the same seed share their minibatches, so that their differences are paired.",
        "More seeds give a narrower interval.",
        "An interval around zero means: no difference was detected, not that there is none.",
    ),
    (
        Step(
            "Two losses on the same data. One of them comes out ahead. Would it also with other"
            " minibatches or another split? So far nothing says so.",
            "Press Train and note which loss has the higher test accuracy.",
            "hinge-vs-cross-entropy",
            all_of(
                saved("loss = hinge and epochs = 6"), saved("loss = cross_entropy and epochs = 6")
            ),
            SHORT,
            subject="train",
            shows="accuracy",
        ),
        Step(
            "A seed decides the order of the minibatches. Runs of both losses with the same seed"
            " see the same minibatches: their difference is due to the loss alone. Three such pairs"
            " give a first interval.",
            "Run the sweep with three seeds and read the verdict.",
            "sweep",
            varied("loss in (hinge, cross_entropy)", "loss", values=2, seeds=3),
            LOSSES,
            subject="train",
        ),
        Step(
            "The interval says which differences fit the pairs. It narrows with the square root of"
            " the number of seeds.",
            "Set the seeds to 10, run the sweep, and compare the intervals.",
            "sweep",
            varied("loss in (hinge, cross_entropy)", "loss", values=2, seeds=10),
            LOSSES,
            {"seeds": 10},
            subject="seeds",
        ),
        Step(
            "So far the test images were always the same. With other splits the result also"
            " answers for other images of the kind, and the interval may become wider.",
            "Let the seeds vary 'Train/test split too'.",
            "sweep",
            chosen(vary="split"),
            LOSSES | {"seeds": 10},
            {"vary": "split"},
            subject="vary",
        ),
        Step(
            "Two strengths that hardly differ. One of them has the higher mean, as there are no"
            " ties in noise. The interval tells whether that means anything.",
            "Run the sweep and read the verdict.",
            "sweep",
            varied("regularizer = l2", "strength", values=2, seeds=10),
            SHORT | {"axes": "strength=0.001,0.0011", "seeds": 10, "look": "sensitivity"},
            subject="train",
        ),
    ),
)
