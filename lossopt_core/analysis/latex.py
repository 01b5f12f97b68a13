"""Escaping text for LaTeX, for pdfLaTeX without packages (except booktabs for tables).

Names may contain any character.  Special characters are escaped, ligatures are broken up, and
Greek letters and mathematical symbols are set in math mode.  pdfLaTeX has no glyphs for most of
Unicode: such a character is printed as U+4E2D there, and as itself by LuaLaTeX and XeLaTeX.
"""

import re
import unicodedata

NUMBER = re.compile(r"([-+\N{MINUS SIGN}]?)(\d[\d.,]*|\.\d+)(?:e([-+]?\d+))?", re.ASCII)

ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\^{}",
    "~": r"\~{}",
    "`": r"\`{}",
    '"': r"\symbol{34}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
WORDS = {
    "\N{NO-BREAK SPACE}": "~", "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''",
    "…": r"\ldots{}", "•": r"\textbullet{}", "§": r"\S{}", "¶": r"\P{}", "©": r"\copyright{}",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}",
    "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "¡": "!`", "¿": "?`", "†": r"\dag{}",
}  # fmt: skip
MATHEMATICS = {
    "±": r"\pm", "∓": r"\mp", "×": r"\times", "÷": r"\div", "·": r"\cdot", "−": "-", "∗": "*",
    "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "∼": r"\sim", "≡": r"\equiv",
    "≪": r"\ll", "≫": r"\gg", "∝": r"\propto", "∞": r"\infty", "→": r"\to", "←": r"\leftarrow",
    "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "⇔": r"\Leftrightarrow", "↦": r"\mapsto",
    "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\surd", "∂": r"\partial", "∇": r"\nabla",
    "‖": r"\|", "∥": r"\|", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "∪": r"\cup",
    "∩": r"\cap", "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "¬": r"\neg",
    "∧": r"\wedge", "∨": r"\vee", "⊤": r"\top", "⊥": r"\perp", "⟨": r"\langle",
    "⟩": r"\rangle", "°": r"{}^{\circ}", "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}",
    "¾": r"\frac{3}{4}", "ℓ": r"\ell", "ℝ": r"\mathrm{R}", "µ": r"\mu", "ς": r"\varsigma",
    "ϵ": r"\epsilon", "ϑ": r"\vartheta", "ϕ": r"\phi", "ϖ": r"\varpi", "ϱ": r"\varrho",
    "ε": r"\varepsilon", "φ": r"\varphi", "ο": "o",
}  # fmt: skip
LIKE_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True))
"""Greek capitals without a LaTeX command, because they look like Latin ones."""
GREEK_NAMES = {"LAMDA": "lambda"}
LIGATURES = "-–—,'’”‘“"
"""Two of these in a row would be printed as a ligature."""
ACCENTS = {
    "\N{COMBINING GRAVE ACCENT}": "`",
    "\N{COMBINING ACUTE ACCENT}": "'",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "^",
    "\N{COMBINING TILDE}": "~",
    "\N{COMBINING DIAERESIS}": '"',
    "\N{COMBINING MACRON}": "=",
    "\N{COMBINING BREVE}": "u",
    "\N{COMBINING DOT ABOVE}": ".",
    "\N{COMBINING RING ABOVE}": "r",
    "\N{COMBINING CARON}": "v",
    "\N{COMBINING DOUBLE ACUTE ACCENT}": "H",
    "\N{COMBINING CEDILLA}": "c",
}


def in_latex(text: str) -> str:
    """Escape text for LaTeX, on one line."""
    flat = " ".join(unicodedata.normalize("NFC", text).split())
    following = [*flat[1:], ""]
    written = "".join(map(_sign, flat, following))
    # At the start of a row, * and [ would be parsed as options of the line break.
    return f"{{}}{written}" if written[:1] in ("*", "[") else written


def value_in_latex(text: str) -> str:
    """Escape text, with numbers in math mode: 1e-05 as 1 × 10⁻⁵."""
    number = NUMBER.fullmatch(text)
    return _number(*number.groups()) if number else in_latex(text)


def _sign(sign: str, next_sign: str) -> str:
    apart = "{}" if sign in LIGATURES and next_sign and next_sign in LIGATURES else ""
    return _alone(sign) + apart


def _alone(sign: str) -> str:
    """One character that is not part of a ligature."""
    if sign in ESCAPED or sign in WORDS:
        return ESCAPED.get(sign) or WORDS[sign]
    if sign.isascii():
        return sign
    if mathematics := _mathematics(sign):
        return rf"\ensuremath{{{mathematics}}}"
    if unicodedata.category(sign) in ("Cf", "Mn"):  # invisible on its own
        return ""
    return _accented(sign) or rf"\ifdefined\Uchar {sign}\else U+{ord(sign):04X}\fi{{}}"


def _mathematics(sign: str) -> str:
    """The character in math mode, or "" if it is not mathematical."""
    if sign in MATHEMATICS:
        return MATHEMATICS[sign]
    if sign in LIKE_LATIN:
        return rf"\mathrm{{{LIKE_LATIN[sign]}}}"
    name = unicodedata.name(sign, "")
    if found := re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", name):
        letter = GREEK_NAMES.get(found[2], found[2]).lower()
        return rf"\{letter if found[1] == 'SMALL' else letter.capitalize()}"
    kind, _, digit = unicodedata.decomposition(sign).partition(" ")
    if kind in ("<super>", "<sub>") and " " not in digit:
        plain = chr(int(digit, 16))
        if (plain.isascii() and plain.isalnum()) or plain in "+-\N{MINUS SIGN}=()":
            return f"{'^' if kind == '<super>' else '_'}{{{_minus(plain)}}}"
    return ""


def _accented(sign: str) -> str:
    """An accented letter of LaTeX's default fonts, or ""."""
    letter, *accents = [*unicodedata.normalize("NFD", sign)]
    if len(accents) != 1 or accents[0] not in ACCENTS:
        return ""
    if letter.isascii():
        return rf"\{ACCENTS[accents[0]]}{{{letter}}}"
    inner = _mathematics(letter)
    return rf"\'{{\ensuremath{{{inner}}}}}" if inner and ACCENTS[accents[0]] == "'" else ""


def _number(sign: str, digits: str, exponent: str | None) -> str:
    digits = digits.replace(",", "{,}")
    if exponent is not None:
        return f"${_minus(sign)}{digits} \\times 10^{{{int(exponent)}}}$"
    return f"${_minus(sign)}{digits}$" if sign else digits


def _minus(sign: str) -> str:
    return sign.replace("\N{MINUS SIGN}", "-")
