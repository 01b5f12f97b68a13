"""Annotation of runs: names, tags, notes; pinning, archiving, deletion and undo."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from lossopt_core import StoreError
from lossopt_core.store.annotations import Note
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.state import toasts, widgets
from lossopt_ui.state.names import counted, escape_markdown
from lossopt_ui.state.session import SessionKey, WidgetKey

SEVERAL = "Several values – unchanged"
NAME: WidgetKey[str] = WidgetKey("run-name")
TAGS: WidgetKey[str] = WidgetKey("run-tags")
NOTE: WidgetKey[str] = WidgetKey("run-note")


@dataclass(frozen=True)
class Edited:
    """The content of the fields before any edit, and the runs it belongs to."""

    ids: tuple[str, ...] = ()
    name: str = ""
    note: str = ""
    tags: Sequence[str] = ()


@dataclass(frozen=True)
class Deleted:
    """The last deleted runs, and the selection at that time."""

    ids: Sequence[str] = ()
    selection: Sequence[str] = ()


_EDITED = SessionKey("run_notes.edited", Edited)
_DELETED = SessionKey("run_notes.deleted", Deleted)


def tools(rows: pd.DataFrame) -> None:
    """Show the buttons for the selected runs."""
    ids = tuple(rows["id"])
    pinned, archived = bool(rows["pinned"].all()), bool(rows["archived"].all())
    _edit(rows)
    st.button(
        "Unpin" if pinned else "Pin",
        key="pin",
        icon=":material/keep_off:" if pinned else ":material/keep:",
        help="Pinned runs are listed first.",
        on_click=_annotate,
        args=(ids,),
        kwargs={"pinned": not pinned},
    )
    st.button(
        "Unarchive" if archived else "Archive",
        key="archive",
        icon=":material/unarchive:" if archived else ":material/archive:",
        help="Archived runs stay saved but are hidden unless you show them.",
        on_click=_annotate,
        args=(ids,),
        kwargs={"archived": not archived},
    )
    st.button(
        "Delete", key="delete", icon=":material/delete:", on_click=_delete, args=(ids,),
        help="You can undo this.",
    )  # fmt: skip


def _edit(rows: pd.DataFrame) -> None:
    """Fields for name, tags and note of the selection; values that differ are left unchanged."""
    ids = tuple(rows["id"])
    tags = _shared_tags(rows["tags"])
    # Streamlit drops the value of a field that is not drawn for a while.
    if not NAME.is_set() or _EDITED.get().ids != ids:
        edited = Edited(ids, _shared(rows["name"]), _shared(rows["note"]), tags)
        _EDITED.set(edited)
        NAME.set(edited.name)
        NOTE.set(edited.note)
        TAGS.set(", ".join(tags))
    with st.popover("Name, tags, note", icon=":material/edit:"):
        whom = "this run" if len(ids) == 1 else f"all {len(ids)} selected runs"
        of_whom = f"Applies to {whom}. At most 80 characters."
        st.text_input("Name", key=NAME.name, help=of_whom, placeholder=_unless_shared(rows["name"]))
        words = "Comma-separated. At most 12."
        st.text_input("Tags", key=TAGS.name, help=words, placeholder=_unless_shared(rows["tags"]))
        if rows["tags"].map(set).map(len).max() > len(tags):
            st.caption("Tags that only some of the runs have stay unchanged.")
        most = "At most 2,000 characters."
        st.text_area("Note", key=NOTE.name, help=most, placeholder=_unless_shared(rows["note"]))
        st.button(f"Save for {whom}", key="keep-notes", type="primary", on_click=_save, args=(ids,))


def _shared(column: pd.Series) -> str:
    return str(column.iloc[0]) if column.nunique() == 1 else ""


def _shared_tags(column: pd.Series) -> list[str]:
    return [tag for tag in column.iloc[0] if all(tag in tags for tags in column)]


def _unless_shared(column: pd.Series) -> str | None:
    """Placeholder of a field whose values differ between the runs."""
    return SEVERAL if column.map(str).nunique() > 1 else None


def _save(ids: Sequence[str]) -> None:
    """Save the fields that were edited, and nothing else."""
    before = _EDITED.get()
    name, note = NAME.get().strip(), NOTE.get().strip()
    tags = [tag.strip() for tag in TAGS.get().split(",") if tag.strip()]
    added = [tag for tag in tags if tag not in before.tags]
    removed = [tag for tag in before.tags if tag not in tags]
    try:
        alike = _by_tags(ids, added, removed) if added or removed else {}
        if (name, note) != (before.name, before.note):
            workspace.store().annotate(
                ids,
                name=name if name != before.name else None,
                note=note if note != before.note else None,
            )
        for new, some in alike.items():
            workspace.store().annotate(some, tags=new)
    except (StoreError, ValueError) as error:
        _report_failure(error)
        return
    _EDITED.set(replace(before, ids=()))  # refill the fields with the saved values
    toasts.later("Saved.", icon=":material/check:")


def _by_tags(
    ids: Sequence[str], added: Sequence[str], removed: Sequence[str]
) -> dict[tuple[str, ...], list[str]]:
    """Runs by their new tags; ValueError before anything is written if tags are invalid."""
    table = saved_runs.table()
    mine = table[table["id"].isin(ids)]
    alike: dict[tuple[str, ...], list[str]] = {}
    for id, tags in zip(mine["id"], mine["tags"], strict=True):
        left = [tag for tag in tags if tag not in removed]
        alike.setdefault(tuple(dict.fromkeys([*left, *added])), []).append(id)
    for new in alike:
        Note(tags=new)
    return alike


def _annotate(ids: Sequence[str], **said: object) -> None:
    """Save annotations, or show why that failed."""
    try:
        workspace.store().annotate(ids, **said)  # type: ignore[arg-type]
    except (StoreError, ValueError) as error:
        _report_failure(error)


def _report_failure(error: Exception) -> None:
    toasts.later(f"Not saved: {escape_markdown(str(error))}.", icon=":material/error:")


def _delete(ids: Sequence[str]) -> None:
    try:
        workspace.store().delete(ids)
    except StoreError as error:
        toasts.later(f"Not deleted: {escape_markdown(str(error))}.", icon=":material/error:")
        return
    _DELETED.set(Deleted(ids, widgets.value("runs")))
    widgets.put("runs", ())


def undo() -> None:
    """Offer to undo the last deletion.

    Exactly one element is drawn in any case: a run of the page that another one follows at once
    leaves what it does not replace.
    """
    ids = _DELETED.get().ids
    if not ids:
        st.empty()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write(f"Deleted {counted(len(ids), 'run')}.")
        st.button("Undo", key="undo", icon=":material/undo:", on_click=_undo)
        st.button("Dismiss", key="dismiss", type="tertiary", on_click=_dismiss)


def _undo() -> None:
    deleted = _DELETED.get()
    try:
        workspace.store().restore(deleted.ids)
    except StoreError as error:
        toasts.later(f"Not restored: {escape_markdown(str(error))}.", icon=":material/error:")
        return
    widgets.put("runs", deleted.selection)
    _dismiss()


def _dismiss() -> None:
    _DELETED.clear()
