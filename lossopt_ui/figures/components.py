"""Streamlit components of our own, whose files lie beside the module that draws them."""

from pathlib import Path
from typing import Any

import streamlit as st


def declared(name: str, module: str, **options: Any) -> Any:
    """Declare the component of a module; its files have the module's name and .html, .css and .js.

    name      unique among all components
    module    the module's `__file__`
    options   passed on to Streamlit
    """
    html, css, js = (
        Path(module).with_suffix(suffix).read_text(encoding="utf-8")
        for suffix in (".html", ".css", ".js")
    )
    return st.components.v2.component(name, html=html, css=css, js=js, **options)
