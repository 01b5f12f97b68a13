"""The release: its version, and where the files shipped with it are.

A checkout has these files at its top: `data/`, `pages/`, `static/`, `.streamlit/config.toml` and
`streamlit_app.py`. A wheel has them in this folder, under the same names.
"""

from pathlib import Path

from platformdirs import user_data_path

__version__ = "0.2.0"

_HERE = Path(__file__).parent
INSTALLED = (_HERE / "data").is_dir()
"""Whether this runs from an installed wheel rather than from a checkout."""
_TOP = _HERE if INSTALLED else _HERE.parents[1]


def path_of(name: str) -> Path:
    """A shipped file or folder by its name in a checkout, such as `static/favicon.png`."""
    return _TOP / name


def data_folder() -> Path:
    """Where runs are stored by default: the user's data folder; in a checkout, `data/`."""
    return user_data_path("lossopt", appauthor=False) if INSTALLED else path_of("data")
