"""User text is shown literally: no character has a meaning to the front end."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.helpers import goto, new_profile, server

WORD_JOINER = "\u2060"
TEXTS = [
    ":material/delete: :material_delete: :streamlit:",
    ":heart: :+1: :red[x] :red-badge[x] :shimmer[x]",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
    "->", "<->", "--", ">=",
    "&lt;b&gt; &amp; &#60; &copy;",
    "<b>x</b> <!-- x --> <script>",
    "$x^2$ $$y$$ \\(z\\) `code` ``c``",
    "# x", "1. x", "- x", "> x", "+ x", "* x", "| a | b |", "---", "===", "[^1]: note [^1]",
    "**b** __b__ *i* _i_ ~~s~~ ~u~ \\*",
    "![x](http://evil.example/x.png) [x](javascript:x) <http://evil.example>",
    "http://evil.example HTTPS://EVIL.EXAMPLE/A xhttps://evil.example www.evil.example",
    "a@evil.example mailto:a@evil.example xmpp:a@evil.example ftp://evil.example",
    "\\:material/home\\: back\\slash \\",
    "(c) (tm) 1/2 ... 'q' \"q\"",
    "{a} {{b}} :[x]{.y} ::z[x] :::w",
    "\u202eabc\u202c \u2066x\u2069",
    "5:30 a:b: c::d",
]  # fmt: skip


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = tmp_path_factory.mktemp("texts")
    shutil.copy(Path(__file__).with_name("texts_app.py"), place)
    (place / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    with server(place / "texts_app.py") as address:
        yield address


def test_every_character_is_shown_literally(browser: Browser, texts: str) -> None:
    with new_profile(browser, texts) as profile:
        page = profile.new_page()
        goto(page, "/")
        main = page.get_by_test_id("stMain")
        for kind in ("stMarkdown", "stCaptionContainer", "stButton", "stAlert", "stExpander",
                     "stRadio"):  # fmt: skip
            expect(main.get_by_test_id(kind).nth(len(TEXTS) - 1)).to_be_attached()
            shown = [
                " ".join(each.replace(WORD_JOINER, "").split())
                for each in main.get_by_test_id(kind).all_inner_texts()
            ]
            lost = [text for text in TEXTS if not any(" ".join(text.split()) in s for s in shown)]
            assert lost == [], kind
        within = '[data-testid="stMarkdownContainer"]'
        marks = ", ".join(f"{within} {each}" for each in ("a", "img", "code", ".katex", "em", "h1",
                          "ul", "ol", "table", '[role="img"]'))  # fmt: skip
        assert main.locator(marks).evaluate_all("all => all.map(e => e.outerHTML)") == []
