"""User text in Markdown."""

import re

from hypothesis import given
from hypothesis import strategies as st

from lossopt_ui.state.names import WORD_JOINER, escape_markdown

SIGNS = st.sampled_from([*"\\`*_{}[]()<>#+-.!|~$:@^=&;/abw1 \n\u202e\u2069"])


def without_escapes(text: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


@given(st.text(st.one_of(SIGNS, st.characters(exclude_categories=["Cs"]))))
def test_no_markup_is_left(text: str) -> None:
    """Streamlit looks for shortcodes, arrows and URLs after resolving escapes."""
    shown = escape_markdown(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[`*_\[\]<>#|~$:@&]", re.sub(r"\\\\", "", shown))
    seen = without_escapes(shown)
    assert not re.search(r":[\w+/-]", seen)
    assert not re.search(r"->|<-|--|>=|<=|~=|://|www\.", seen, re.IGNORECASE)


@given(st.text(st.one_of(SIGNS, st.characters(exclude_categories=["Cc", "Cf", "Cs"]))))
def test_the_rendered_text_equals_the_original(text: str) -> None:
    plain = re.sub("[\u202e\u2069\u2060]", "", text)
    seen = without_escapes(escape_markdown(plain)).replace(WORD_JOINER, "")
    assert seen == " ".join(plain.split())


@given(st.text("ab\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
def test_a_writing_direction_ends_with_its_text(text: str) -> None:
    depth = 0
    shown = escape_markdown(text)
    for place, sign in enumerate(shown):
        depth += (sign in "\u2066\u2067\u2068") - (sign == "\u2069")
        inside = 0 < place < len(shown) - 1 and shown[0] == "\u2068"
        assert depth > 0 if inside else depth >= 0
    assert depth == 0
