"""What people type for values of settings is understood, or refused with the nearest right word."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lossopt_core import FIELDS
from lossopt_core.analysis.axes import NOT_SWEPT, axis, label_of_setting, parse
from lossopt_core.experiment.settings import declared_settings
from lossopt_core.experiment.typed import checked, label_of, listed
from lossopt_core.fields import Choice, Number

CHOICES = {name: each for name, each in FIELDS.items() if isinstance(each, Choice)}
SEPARATORS = st.sampled_from([",", ", ", " , ", " "])


def written(name: str, label: str) -> st.SearchStrategy[str]:
    """Ways in which people write the name or the label of an entry."""
    ways = [name, label, name.upper(), label.lower(), name.replace("_", " "), f" {label}  "]
    return st.sampled_from([*ways, name.replace("_", "-"), label.replace("-", " ")])


@given(data=st.data(), field=st.sampled_from(sorted(CHOICES)))
def test_lists_of_names_and_labels_are_understood(data: st.DataObject, field: str) -> None:
    registry = CHOICES[field].registry
    chosen = data.draw(st.lists(st.sampled_from(sorted(registry)), min_size=1, unique=True))
    typed = [data.draw(written(name, label_of(registry[name]))) for name in chosen]
    text = data.draw(SEPARATORS).join(typed)
    assert listed(field, CHOICES[field], text) == tuple(chosen)
    assert axis(label_of_setting(field), text).values == tuple(chosen)


@given(
    values=st.lists(st.floats(1e-6, 999.0), min_size=1, max_size=5, unique=True),
    separator=SEPARATORS,
    form=st.sampled_from(["{!r}", "{:e}", "+{!r}"]),
)
def test_lists_of_numbers_are_understood(values: list[float], separator: str, form: str) -> None:
    text = separator.join(form.format(each) for each in values)
    expected = list(dict.fromkeys(float(form.format(each)) for each in values))
    assert listed("Strength", FIELDS["strength"], text) == pytest.approx(expected)


@given(share=st.integers(1, 50), blank=st.sampled_from(["", " "]))
def test_per_cent_are_hundredths(share: int, blank: str) -> None:
    assert listed("", FIELDS["test_fraction"], f"{share}{blank}%") == (share / 100,)
    assert checked("", FIELDS["test_fraction"], f"{share}%") == share / 100


@given(low=st.integers(-5, -2), high=st.integers(-1, 2), count=st.integers(2, 9))
def test_ranges_in_words_are_those_of_the_short_form(low: int, high: int, count: int) -> None:
    short = axis("strength", f"log 1e{low} 1e{high} {count}")
    for words in (f"1e{low} to 1e{high} in {count}", f"log 1e{low} … 1e{high}, {count} values"):
        assert axis("Strength λ", words) == short
    assert short.values[0] == pytest.approx(10.0**low)
    assert short.values[-1] == pytest.approx(10.0**high)
    assert axis("strength", short.text) == short, "as it is written"


@given(data=st.data(), field=st.sampled_from(sorted(CHOICES)))
def test_a_misspelt_name_comes_with_the_nearest(data: st.DataObject, field: str) -> None:
    registry = CHOICES[field].registry
    name = data.draw(st.sampled_from(sorted(each for each in registry if len(each) > 4)))
    at = data.draw(st.integers(1, len(name) - 2))
    wrong = name[:at] + "zq" + name[at + 1 :]
    with pytest.raises(ValueError, match="must be one of") as refused:
        axis(field, wrong)
    assert f"did you mean {label_of(registry[name])!r}?" in str(refused.value)


@pytest.mark.parametrize("text", ["0,05", "1,000", "0,001, 0,01"])
def test_decimal_and_thousands_commas_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 0\.05 and 1000, not 0,05 and 1,000"):
        axis("strength", text)


@pytest.mark.parametrize("name", [each for each in declared_settings() if each not in NOT_SWEPT])
@given(text=st.text(max_size=30))
def test_whatever_is_typed_is_valid_or_refused_by_its_label(name: str, text: str) -> None:
    declaration = declared_settings()[name]
    found, problems = parse(f"{name}={text}".replace(";", ","))
    assert len(found) + len(problems) == 1
    assert all(label_of_setting(name) in each for each in problems)
    for value in (each for axes in found for each in axes.values):
        assert declaration.check(name, value) == value
        assert not isinstance(declaration, Number) or declaration.low <= value <= declaration.high


@pytest.mark.parametrize(("typed", "value"), [("Yes", True), ("on", True), ("NO", False)])
def test_yes_and_no_are_understood(typed: str, value: bool) -> None:
    assert listed("", FIELDS["standardize"], typed) == (value,)
