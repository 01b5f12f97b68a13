"""Lanes are called by what differs between them, and never by another lane's learning rate."""

from hypothesis import given
from hypothesis import strategies as st

from lossopt_core import Experiment
from lossopt_ui.experiment.lanes import labels
from lossopt_ui.jobs.comparing import Entry

RATES = st.sampled_from([None, 0.25, 4.5, 1000.0])
KINDS = st.sampled_from([("hinge", "sgd"), ("cross_entropy", "gd"), ("cross_entropy", "sgd")])


def entry(kind: tuple[str, str], rate: float | None) -> Entry:
    loss, optimizer = kind
    made = Experiment(loss=loss, optimizer=optimizer, learning_rate=rate or 0.1)
    return Entry(made, tuned=rate is None)


@given(st.lists(st.tuples(KINDS, RATES), min_size=1, max_size=6))
def test_each_label_has_its_own_rate_and_no_two_are_alike(
    lanes: list[tuple[tuple[str, str], float | None]],
) -> None:
    found = labels([entry(*each) for each in lanes])
    assert len(set(found)) == len(found)
    differ = len({rate for _, rate in lanes}) > 1
    for label, (_, rate) in zip(found, lanes, strict=True):
        own = "α tuned" if rate is None else f"α {rate:g}"
        assert (own in label) == differ
        assert label.count("α") == differ
        assert "learning rate" not in label


def test_the_same_rate_for_all_is_not_part_of_their_names() -> None:
    hinge, cross_entropy = ("hinge", "sgd"), ("cross_entropy", "sgd")
    assert labels([entry(hinge, 4.5), entry(cross_entropy, 4.5)]) == ["Hinge", "Cross-entropy"]
    assert labels([entry(hinge, None), entry(cross_entropy, None)]) == ["Hinge", "Cross-entropy"]
