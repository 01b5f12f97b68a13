"""Widgets for settings and view options.

Values are kept in the session under one name for all pages, so that an experiment carries over
from page to page; and in the address, so that a copied address shows the same page.  A widget
follows the declaration of its option, which decides what is valid.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypedDict
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from lossopt_core.fields import Choice, Number, Switch
from lossopt_ui import streamlit_private
from lossopt_ui.state import pages, url
from lossopt_ui.state.kinds import (
    Interval,
    Matrix,
    Names,
    Several,
    Slider,
    Tabs,
    Text,
)
from lossopt_ui.state.names import escape_markdown
from lossopt_ui.state.page_spec import PageSpec
from lossopt_ui.state.session import SessionKey, WidgetKey

_VALUES: SessionKey[dict[str, Any]] = SessionKey("controls.values", dict)
_PAGE = SessionKey("controls.page", str)
_ENTRY: SessionKey[tuple[dict[str, str], dict[str, Any]]] = SessionKey(
    "controls.entry", lambda: ({}, {})
)
"""The address with which one came to the page, and the values then."""
_OF_PAGE: SessionKey[dict[str, dict[str, Any]]] = SessionKey("controls.of_page", dict)
"""Values by page of what is typed for its configuration alone."""
_NAMES: SessionKey[frozenset[str]] = SessionKey("controls.names", frozenset)
_PROBLEMS: SessionKey[list[str]] = SessionKey("controls.problems", list)
_DRAWN: SessionKey[dict[str, None]] = SessionKey("controls.drawn", dict)
"""The names of the controls that were drawn, in their order."""


class Looks(TypedDict):
    """Extra arguments for a page's custom widget."""

    disabled: bool


def value(name: str) -> Any:
    """The value of a setting or view option, whether a widget shows it or not."""
    return _values().get(name, pages.DECLARED[name].default)


def _values() -> dict[str, Any]:
    """All values that have been set; the others have their defaults."""
    return _VALUES.get()


def _shown(name: str) -> WidgetKey[Any]:
    """The value that the widget of a setting shows."""
    return WidgetKey(name)


def _problem(name: str) -> SessionKey[str]:
    """Why a setting's last change was rejected, to be shown once."""
    return SessionKey(f"{_PROBLEMS.name}.{name}", str)


def read_address(page: PageSpec) -> None:
    """Read a page's options from the address, on entering it and after Back or Forward.

    Options of other pages keep their values.  Invalid values are reported until the page is left.
    At all other times the widgets are authoritative, and the address follows them.
    """
    query = {
        page.older_names.get(name, name): text for name, text in st.query_params.to_dict().items()
    }
    names = frozenset(page.options) | frozenset(pages.EVERYWHERE)
    if _PAGE.get() != page.name:
        _change_page(_PAGE.get(), page.name)
        _PAGE.set(page.name)
        _DRAWN.set({})
        _NAMES.set(names)
        found, problems = url.read(query)
        _PROBLEMS.set([str(problem) for problem in problems])
        if not names.isdisjoint(found):
            _take_all(names, found)
        _write_address()
        _ENTRY.set((query, dict(_values())))
    elif streamlit_private.went_through_history():
        # An address without settings means those that were carried over to the page.
        entry_query, entry_values = _ENTRY.get()
        _take_all(names, entry_values if query == entry_query else url.read(query)[0])
        _write_address()
    for message in _PROBLEMS.get():
        st.warning(f"In the address: {escape_markdown(message)}", icon=":material/link_off:")


def _change_page(before: str, now: str) -> None:
    """Keep what was typed for the configuration of one page from being that of another.

    A learning rate suits one loss and optimizer: carried over, it would favour some of the next
    page's.
    """
    left = {name: _values().pop(name) for name in url.SUGGESTED if name in _values()}
    _OF_PAGE.get()[before] = left
    _values().update(_OF_PAGE.get().get(now, {}))


def _take_all(names: frozenset[str], found: Mapping[str, Any]) -> None:
    """Set the named values to the found ones, or to their defaults if not found."""
    kept = {name: each for name, each in _values().items() if name not in names}
    _VALUES.set(kept | {name: found[name] for name in names & found.keys()})
    for name in filter(lambda name: _shown(name).is_set(), names):
        _show(name, value(name))


def _write_address() -> None:
    names = _NAMES.get()
    query = url.query_of(
        {name: value(name) for name in names if name in _values() or name not in url.SUGGESTED}
    )
    if query != st.query_params.to_dict():
        st.query_params.from_dict(query)


def address(**more: str) -> str:
    """The current address with additional parameters; empty ones are dropped."""
    here = urlsplit(st.context.url or "")
    query = {name: text for name, text in (st.query_params.to_dict() | more).items() if text}
    return urlunsplit((here.scheme, here.netloc, here.path, urlencode(query), ""))


def address_of(page: str, query: Mapping[str, str]) -> str:
    """The address of another page of the app."""
    here = urlsplit(st.context.url or "")
    at = here.path.rstrip("/")
    folder = at if _PAGE.get() == pages.START.name else at.rpartition("/")[0]
    return urlunsplit((here.scheme, here.netloc, f"{folder}/{page}", urlencode(query), ""))


def put(name: str, content: Any) -> None:
    """Set a value from a callback of something other than its own widget."""
    put_all({name: content})


def take(name: str, content: Any) -> None:
    """Set a value from a page's custom widget if it is valid.

    The browser sends an outdated label when the labels of options changed meanwhile, and may send
    anything.  The widget then shows the value that there is.
    """
    try:
        pages.DECLARED[name].check(name, content)
    except ValueError:
        return
    put(name, content)


def put_all(contents: Mapping[str, Any]) -> None:
    """Set several values at once, as one entry in the browser's history."""
    checked = {name: pages.DECLARED[name].check(name, each) for name, each in contents.items()}
    _values().update(checked)
    for name, each in checked.items():
        _show(name, each)
    _write_address()


def hidden(*names: str) -> bool:
    """Whether the address hides all of these controls."""
    return set(names) <= set(value("hide"))


def drawn_controls() -> list[str]:
    """Names of the controls in the last run of the page, including hidden ones."""
    return list(_DRAWN.get())


def reset_options() -> None:
    """Reset this page's own options to their defaults."""
    _take_all(_NAMES.get() - pages.EVERYWHERE.keys(), {})


def is_set(name: str) -> bool:
    """Whether this value has been set, by a widget or by the address."""
    return name in _values()


def came_without_settings(*, besides: Collection[str]) -> bool:
    """Whether the page was entered by an address without any settings besides these."""
    return set(besides).issuperset(_ENTRY.get()[0])


def reset(name: str) -> None:
    """Reset a value to its default; for callbacks."""
    _values().pop(name, None)
    _shown(name).clear()
    _write_address()


def custom_widget(name: str) -> Looks | None:
    """Arguments for a page's custom widget of an option; None if it is hidden."""
    _DRAWN.get()[name] = None
    return None if hidden(name) else {"disabled": name in value("fix")}


def setting(
    name: str,
    *,
    most: int | None = None,
    suggested: float | bool | str | None = None,
    among: Collection[str] | None = None,
    **looks: Any,
) -> Any:
    """Show the widget of a setting or view option and return the value.

    `most` is an upper bound below the declared one; `suggested` is the value until one is set.
    `among` are the only names that are offered, in addition to those that are chosen.  `looks` are
    passed to the widget, such as `label_visibility` or `disabled`.
    """
    declaration = pages.DECLARED[name]
    _DRAWN.get()[name] = None
    if suggested is not None and name not in _values():
        _shown(name).set(suggested)
    if most is not None and value(name) > most:
        _problem(name).set(
            f"{name} must be at most {most} here, got {value(name)}. Using {most} instead."
        )
        put(name, most)
    # A widget starts from our value: Streamlit drops the state of widgets that are not drawn.
    untouched = suggested is not None and name not in _values()
    start: Any = suggested if untouched else _as_shown(name, value(name))
    if hidden(name):
        return start if untouched else value(name)
    if name in value("fix"):
        looks["disabled"] = True
    looks |= {"help": declaration.help, "key": name}
    looks |= {"on_change": _take_change, "args": (name,)}
    match declaration:
        case Switch():
            st.toggle(declaration.label, start, **looks)
        case Tabs():
            _tabs(declaration, start, looks)
        case Choice():
            _choice(declaration, start, looks, among)
        case Slider():
            low, high = float(declaration.low), float(declaration.high)
            # The value above the thumb would have too little contrast in the dark theme.
            label = f"{declaration.label}: {start:g}"
            st.slider(label, low, high, float(start), declaration.step, format=" ", **looks)
        case Number():
            _number(declaration, start, looks)
        case Several():
            looks |= {"default": start}
            st.multiselect(declaration.label, declaration.choices, **looks)
        case Names():
            looks |= {"default": start, "format_func": declaration.choices.get}
            looks |= {"placeholder": declaration.none}
            offered = _offered(declaration.choices, among, start)
            st.multiselect(declaration.label, offered, **looks)
        case Matrix():
            _matrix(name, declaration, looks["help"], disabled=looks.get("disabled", False))
        case Interval():
            _interval(name, declaration, looks["help"], disabled=looks.get("disabled", False))
        case Text():
            st.text_input(declaration.label, start, placeholder=declaration.placeholder, **looks)
    if problem := _problem(name).pop():
        st.error(escape_markdown(problem))
    return start if untouched else value(name)


def optional(name: str, *, empty: str, **looks: Any) -> Any:
    """Show the field of a number that need not be set; None while it is empty.

    `empty` says in the field what holds until somebody types a number.
    """
    declaration = pages.DECLARED[name]
    _DRAWN.get()[name] = None
    start = _values().get(name)
    if hidden(name):
        return start
    _shown(name).set(start)  # only a field that starts empty can be emptied again
    st.number_input(
        declaration.label,
        value=None,
        step=None,
        format="%g",
        placeholder=empty,
        help=declaration.help,
        key=name,
        disabled=name in value("fix"),
        on_change=_take_optional,
        args=(name,),
        **looks,
    )
    if problem := _problem(name).pop():
        st.error(escape_markdown(problem))
    return start


def _take_optional(name: str) -> None:
    if _shown(name).get() is None:
        _values().pop(name, None)
        _write_address()
    else:
        _take_change(name)


def _as_shown(name: str, content: Any) -> Any:
    """A value in the form that its widget uses."""
    return list(content) if isinstance(pages.DECLARED[name], Several | Names) else content


def _show(name: str, content: Any) -> None:
    """Let a setting's widget show this value."""
    _shown(name).set(_as_shown(name, content))


def _take_change(name: str) -> None:
    """Take the value of a changed widget if it is valid, and update the address."""
    if streamlit_private.is_of_another_part():  # not a change, but an outdated value
        _show(name, value(name))
        return
    declared = pages.DECLARED[name]
    try:
        _values()[name] = declared.check(declared.label, _shown(name).get())
    except ValueError as error:  # the browser's limits can be bypassed
        _problem(name).set(f"{error}. Keeping {_in_words(value(name))}.")
        _show(name, value(name))
    _write_address()


def _in_words(content: Any) -> str:
    return f"{content:.12g}" if isinstance(content, float) else str(content)


def _offered(
    names: Iterable[str], among: Collection[str] | None, chosen: Collection[str]
) -> list[str]:
    return [each for each in names if among is None or each in among or each in chosen]


def _choice(
    declaration: Choice, start: str, looks: dict[str, Any], among: Collection[str] | None
) -> None:
    names = _offered(declaration.registry, among, (start,))
    st.selectbox(
        declaration.label,
        names,
        index=names.index(start),
        format_func=lambda entry: url.label(declaration.registry[entry]),
        **looks,
    )


def _tabs(declaration: Tabs, start: str, looks: dict[str, Any]) -> None:
    # Not a segmented control: its selected label has too little contrast in the dark theme.
    names = list(declaration.registry)
    st.radio(
        declaration.label,
        names,
        index=names.index(start),
        format_func=declaration.registry.get,
        horizontal=True,
        **looks,
    )


def _number(declaration: Number, start: float, looks: dict[str, Any]) -> None:
    kind = int if declaration.whole else float
    step = 1 if declaration.whole else _fine_step(start) if declaration.logarithmic else None
    looks["help"] += f" Range: {declaration.low:.12g} to {declaration.high:.12g}."
    # No limits in the widget: it would silently ignore numbers beyond them, while our check says
    # what is allowed.
    st.number_input(
        declaration.label,
        value=kind(start),
        step=step,
        format="%d" if declaration.whole else "%g",
        **looks,
    )


def _matrix(name: str, declaration: Matrix, help: str, *, disabled: bool) -> None:
    """A small field for each number; rows stay rows on a narrow screen."""
    st.markdown(f"**{declaration.label}**", help=help)
    width = 104 if len(declaration.columns) <= 3 else 84  # so that four fit on a phone
    for row, of_row in enumerate(declaration.rows):
        if of_row:
            st.caption(of_row)
        with st.container(horizontal=True, gap="small"):
            for column, of_column in enumerate(declaration.columns):
                cell = _cell(name, row, column)
                cell.set(value(name)[row][column])
                st.number_input(
                    of_column, step=None, format="%g", key=cell.name, width=width,
                    disabled=disabled, on_change=_take_cell, args=(name, row, column),
                )  # fmt: skip


def _interval(name: str, declaration: Interval, help: str, *, disabled: bool) -> None:
    """A field for each end; an empty field leaves it open."""
    st.markdown(f"**{declaration.label}**", help=help)
    with st.container(horizontal=True, gap="small"):
        for place, label in enumerate(("From", "To")):
            end = _cell(name, 0, place)
            end.set(value(name)[place])
            st.number_input(
                label, value=None, step=None, format="%g", key=end.name, width=130,
                placeholder="automatic", disabled=disabled, on_change=_take_end, args=(name, place),
            )  # fmt: skip


def _take_end(name: str, place: int) -> None:
    if streamlit_private.is_of_another_part():
        return
    ends = list(value(name))
    ends[place] = _cell(name, 0, place).get()
    _put_checked(name, ends)


def _cell(name: str, row: int, column: int) -> WidgetKey[float | None]:
    return WidgetKey(f"{name}-{row}-{column}")


def _take_cell(name: str, row: int, column: int) -> None:
    if streamlit_private.is_of_another_part():
        return
    rows = [list(each) for each in value(name)]
    rows[row][column] = _cell(name, row, column).get()
    _put_checked(name, rows)


def _put_checked(name: str, content: Any) -> None:
    """Set a value if it is valid; otherwise the next run of the page says why not."""
    declared = pages.DECLARED[name]
    try:
        put(name, declared.check(declared.label, content))
    except ValueError as error:
        _problem(name).set(f"{error}. The value was not changed.")


def _fine_step(content: float) -> float:
    """A step of a fifth to a half of the number, for any power of ten."""
    if content <= 0:
        return 1e-4
    decade = 10.0 ** math.floor(math.log10(content) + 1e-9)
    return decade / 2 if content < 1.999 * decade else decade
