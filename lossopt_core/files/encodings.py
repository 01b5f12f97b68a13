"""The encoding of a text file: by its mark, as UTF-8, or guessed from its letters.

Western text has single letters beyond ASCII within words.  Text in other scripts has whole words of
them, which Western encodings turn into nonsense without an error.
"""

import codecs
import re

from lossopt_core.fields import brief
from lossopt_core.files.choices import Question
from lossopt_core.texts import listed

BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
NAMES = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
WESTERN = ("cp1252", "mac_roman", "cp850")
OTHERS = {
    "shift_jis": re.compile("[\u3040-\u30ff\u4e00-\u9fff]"),
    "euc_kr": re.compile("[\uac00-\ud7a3]"),
    "gb18030": re.compile("[\u4e00-\u9fff]"),
    "big5": re.compile("[\u4e00-\u9fff]"),
    "cp1251": re.compile("[а-яА-ЯёЁіїє]"),
    "koi8_r": re.compile("[а-яА-ЯёЁ]"),
    "cp1253": re.compile("[α-ωΑ-Ωά-ώ]"),
}
"""Encodings of other scripts, with their usual letters."""
USUAL_HANGUL = re.compile(
    "[이다는을의에가고지하기사도리자인수대시어나라아정부장만전로보한스그서해동주면일여과제으니원상들적구조성무세공]"
)
"""About half of the syllables of Korean text."""
LETTERS = re.compile("[äöüÄÖÜßéèêëàâáãåæçñíìîïóòôõøúùûœÉÈÀÇÅØÑšžŠŽýÿŒÆ]")
SIGNS = frozenset("‘“”„–—…€£§°µ·²³±×½¼«»©®™•\u00a0¡¿ºª")
KANA = re.compile("[\u3040-\u30ff]")
HIGH = re.compile(rb"[\x80-\xff]+")
SAMPLE = 20_000


def decoded(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file, and the name of its encoding; ValueError if it is not text."""
    if encoding is not None:
        try:
            return data.decode(encoding).removeprefix("\ufeff"), encoding
        except (UnicodeDecodeError, LookupError):
            raise ValueError(f"the file is not {encoding} text: choose another encoding") from None
    text, found = _decoded(data)
    if "\x00" in text:
        raise ValueError("the file is not text: export it as CSV")
    return text, NAMES.get(found, found)


def asked(data: bytes, encoding: str) -> tuple[Question, ...]:
    """Ask for an encoding that was guessed from letters alone, showing a word in two encodings."""
    if encoding not in (*OTHERS, *WESTERN[1:]):
        return ()
    word = max(HIGH.findall(data[:SAMPLE]), key=len)[:16]
    others = [each for each, letters in OTHERS.items() if _share(data[:SAMPLE], each, letters) == 1]
    answers = {each: brief(word.decode(each, "replace")) for each in (encoding, *others, "cp1252")}
    words = listed([f"{each} for {name}" for name, each in answers.items()], 9)
    return (
        Question(
            "encoding",
            f"What is the encoding? A word of the file is {words}. Read as {encoding}.",
            answers,
        ),
    )


def _decoded(data: bytes) -> tuple[str, str]:
    # The BOM of UTF-32 begins with that of UTF-16.
    marked = [name for bom, name in BOMS.items() if data.startswith(bom)]
    candidates = marked[:1] or [*_by_zeros(data), "utf-8"]
    for encoding in candidates:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    for encoding in (*_by_letters(data), "cp1252", "latin-1"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 accepts any bytes")


def _by_zeros(data: bytes) -> list[str]:
    """UTF-16 without a mark: every second byte of Western text is zero."""
    start = data[:2_000]
    if len(start) < 4 or len(data) % 2:
        return []
    even, odd = (start[first::2].count(0) / (len(start) / 2) for first in (0, 1))
    if odd > 0.4 and even < 0.1:
        return ["utf-16-le"]
    return ["utf-16-be"] if even > 0.4 and odd < 0.1 else []


def _by_letters(data: bytes) -> list[str]:
    """The encoding in which all that is not ASCII looks like words, if that is not cp1252."""
    sample = data[: max(data.rfind(b"\n", 0, SAMPLE), 0) or SAMPLE]
    western = {each: _share(sample, each, LETTERS) for each in WESTERN}
    shares = {each: _share(sample, each, letters) for each, letters in OTHERS.items()}
    if shares["euc_kr"] == 1:  # the same bytes as Chinese characters
        shares["euc_kr"] = 2 * _share(sample, "euc_kr", USUAL_HANGUL) + 0.5
    likeliest = max(shares, key=shares.__getitem__)
    if _in_words_of_its_own(sample) and shares[likeliest] > 0.8:
        return [likeliest]
    if shares["shift_jis"] == 1 and western["cp1252"] < 0.5 and _share(sample, "shift_jis", KANA):
        return ["shift_jis"]  # half of its characters end in an ASCII letter
    best = max(WESTERN, key=western.__getitem__)
    few = sum(map(len, HIGH.findall(sample))) < 3
    return [best] if western[best] == 1 and not few else []


def _in_words_of_its_own(sample: bytes) -> bool:
    """Whether most bytes beyond ASCII stand together, not next to ASCII letters."""
    runs = [(match.start(), match.end()) for match in HIGH.finditer(sample)]
    alone = [
        end - start
        for start, end in runs
        if end - start > 1
        and not sample[max(start - 1, 0) : start].isalpha()
        and not sample[end : end + 1].isalpha()
    ]
    return sum(alone) > 3 and 2 * sum(alone) > sum(end - start for start, end in runs)


def _share(sample: bytes, encoding: str, letters: re.Pattern[str]) -> float:
    """The share of what is not ASCII that are usual letters where they stand, or signs."""
    try:
        text = sample.decode(encoding)
        if encoding == "gb18030":
            text.encode("gb2312")
    except UnicodeError:
        return 0.0
    places = [place for place, each in enumerate(text) if each > "\x7f"]
    fitting = sum(_fits(text, place, letters) for place in places)
    return fitting / max(1, len(places))


def _fits(text: str, place: int, letters: re.Pattern[str]) -> bool:
    before, letter, after = (
        text[max(place - 1, 0) : place],
        text[place],
        text[place + 1 : place + 2],
    )
    if letters.match(letter):
        return not (letter.isupper() and before.islower())
    inside = before.isalpha() and after.isalpha()
    return letters is LETTERS and (letter == "’" or (letter in SIGNS and not inside))
