"""The settings of experiments beside each other: what differs, and under which name."""

from lossopt_core import Experiment
from lossopt_core.experiment.settings import differing_settings, flat_settings, unequal_settings


def test_only_what_differs_is_named():
    hinge = Experiment(loss="hinge", seed=1)
    assert differing_settings([hinge]) == []
    assert differing_settings([hinge, hinge.replace(seed=2)]) == ["seed"]
    # Cross-entropy has no margin, so that is a difference too.
    assert differing_settings([hinge, hinge.replace(loss="cross_entropy")]) == ["loss", "margin"]
    assert differing_settings([hinge, hinge.replace(l1_ratio=0.1)]) == []


def test_groups_differ_in_settings_with_different_distributions():
    hinge, entropy = Experiment(loss="hinge"), Experiment(loss="cross_entropy")
    slow, fast = hinge.replace(learning_rate=0.01), hinge.replace(learning_rate=0.1)
    assert unequal_settings([slow, fast], [entropy])["learning_rate"] == ([0.01, 0.1], [0.1])
    # Each rate twice is as often as each once, and cross-entropy looks at no margin.
    theirs = [entropy.replace(learning_rate=rate) for rate in (0.01, 0.1)]
    ours = [each.replace(margin=margin) for each in (slow, fast) for margin in (1.0, 2.0)]
    assert list(unequal_settings(ours, theirs)) == ["loss"]
    assert unequal_settings([slow, slow, fast], [slow, fast]) == {
        "learning_rate": ([0.01, 0.1], [0.01, 0.1])
    }


def test_defaults_that_ids_leave_out_are_compared_too():
    plain, noisy = Experiment(), Experiment(label_noise=0.2)
    assert unequal_settings([plain], [noisy]) == {"label_noise": ([0.0], [0.2])}
    whole = plain.replace(optimizer="gd")
    drawn = plain.replace(replacement=True)
    assert "replacement" not in unequal_settings([whole], [drawn])


def test_options_differ_under_the_name_of_their_data_set():
    blobs = Experiment(dataset="blobs")
    wider = blobs.replace(dataset_options={"spread": 3.0})
    assert differing_settings([blobs, wider]) == ["blobs.spread"]
    assert flat_settings(wider)["blobs.spread"] == 3.0
    assert "dataset_options" not in flat_settings(wider)
