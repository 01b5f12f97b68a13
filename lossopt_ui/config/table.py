"""The table of settings in docs/hosting.md."""

from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from lossopt_core.store import address
from lossopt_ui.config import sources
from lossopt_ui.config.settings import VARIABLES, allowed, default_when_hosted
from lossopt_ui.config.sign_in import Provider, SignIn

BEGIN = "<!-- made by: python -m lossopt_ui.config --write -->"
END = "<!-- end of the settings -->"
DEFAULT_STORE = "`runs.db` in the user's data folder; in a checkout `data/runs.db` (SQLite)"


def tables() -> str:
    """Markdown tables of the variables and of the keys of `[auth]`."""
    return "\n".join([*_variables(), "", *_keys()])


def update(page: Path) -> bool:
    """Replace the text between the two markers of the page; return whether it changed."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} must have the lines {BEGIN!r} and {END!r}")
    new = f"{before}{begin}\n\n{tables()}\n\n{end}{after}"
    page.write_text(new, encoding="utf-8")
    return new != text


def _variables() -> Iterator[str]:
    yield "| variable | description | allowed values | default, local | default, hosted |"
    yield "|---|---|---|---|---|"
    for variable, field in VARIABLES.items():
        name = variable.removeprefix(sources.PREFIX).lower()
        cells = (field.description, allowed(field), _local(variable, field), _hosted(name, field))
        yield f"| `{variable}` | {' | '.join(map(str, cells))} |"


def _keys() -> Iterator[str]:
    yield "| key in `[auth]` of the secrets | description | allowed values |"
    yield "|---|---|---|"
    for model in (SignIn, Provider):
        for key, field in model.model_fields.items():
            if key != "providers":
                yield f"| `{key}` | {field.description} | {allowed(field)} |"


def _local(variable: str, field: FieldInfo) -> str:
    if variable == address.VARIABLE:
        return DEFAULT_STORE
    if field.default is None:
        return "no limit"
    return f"`{field.default}`" if field.default else "none"


def _hosted(name: str, field: FieldInfo) -> str:
    if name == "mode":
        return "–"
    number = default_when_hosted(name)
    if number is not None:
        return f"{number:,.15g}"
    return _local(sources.variable(name), field)
