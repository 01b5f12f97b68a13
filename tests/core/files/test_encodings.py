"""Text that is not Unicode is decoded by its letters, and a guess is asked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossopt_core.files.content import content_of
from lossopt_core.files.encodings import decoded
from lossopt_core.files.reading import sheet_from

WORDS = {
    "cp1252": ["größe", "länge", "süß", "breite", "maße", "café", "naïve", "façade"],
    "mac_roman": ["größe", "länge", "süß", "maße", "müde", "café", "weiß"],
    "cp850": ["größe", "länge", "süß", "müde", "höhe"],
    "shift_jis": ["長さ", "はば", "種類", "ねこ", "いぬ", "カテゴリ", "とり"],
    "gb18030": ["长度", "宽度", "类别", "颜色", "温度", "数据", "训练", "验证"],
    "euc_kr": ["이름", "나이", "지역", "수입", "사람", "도시", "고양이"],
    "cp1251": ["длина", "ширина", "вид", "цвет", "город", "возраст"],
    "cp1253": ["μήκος", "πλάτος", "είδος", "χρώμα", "πόλη"],
}


@pytest.mark.parametrize("encoding", WORDS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_words_are_read_as_they_were_written(encoding: str, data: st.DataObject) -> None:
    words = st.lists(st.sampled_from(WORDS[encoding]), min_size=3, max_size=3, unique=True)
    first, second, third = data.draw(words)
    text = f"{first};n;{second}\n" + "".join(f"1;{k};{third}\n" for k in range(9))
    assert decoded(text.encode(encoding)) == (text, encoding)


@pytest.mark.parametrize("encoding", [each for each in WORDS if each != "cp1252"])
def test_a_guessed_encoding_is_asked_with_a_word_in_both(encoding: str) -> None:
    words = WORDS[encoding]
    text = f"{words[0]};{words[1]};c\n" + "".join(f"1;{k};{words[2]}\n" for k in range(9))
    sheet = sheet_from(content_of(text.encode(encoding), "t.csv"))
    [question] = [each for each in sheet.questions if each.about == "encoding"]
    assert next(iter(question.answers)) == encoding
    assert "cp1252" in question.answers
    assert next(iter(sheet.cells.columns)) == words[0]


SIGNS = ["12 €", "20 °C", "5 µm", "–", "„a“", "§ 3", "£7"]


@given(st.lists(st.sampled_from(SIGNS), min_size=1, max_size=5))
def test_signs_of_western_text_are_no_other_script(signs: list[str]) -> None:
    text = "a;b\n" + "".join(f"{each};1\n" for each in signs)
    assert decoded(text.encode("cp1252")) == (text, "cp1252")
