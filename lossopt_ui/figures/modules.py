"""Joins JavaScript modules to the one script that a Streamlit component can have."""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)


def joined(entry: Path) -> str:
    """The module with all modules of its folder that it imports, each before it is needed.

    Their top-level names share one scope and must differ.  Only the entry may have a default
    export.
    """
    parts: dict[str, str] = {}

    def add(name: str) -> None:
        if name in parts:
            return
        text = (entry.parent / name).read_text(encoding="utf-8")
        for imported in _IMPORT.findall(text):
            add(imported)
        own = _IMPORT.sub("", text)
        parts[name] = re.sub(r"^export (?!default)", "", own, flags=re.MULTILINE)

    add(entry.name)
    return "\n".join(parts.values())
