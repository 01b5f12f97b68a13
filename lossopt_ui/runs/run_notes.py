"""What people say of runs: names, tags, notes; what they pin, put away, delete and take back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from lossopt_core import StoreError
from lossopt_core.store.annotations import Note
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.state import toasts, widgets
from lossopt_ui.state.names import counted, in_markdown
from lossopt_ui.state.session import SessionKey, WidgetKey

SEVERAL = "Several – left as they are"
NAME: WidgetKey[str] = WidgetKey("run-name")
TAGS: WidgetKey[str] = WidgetKey("run-tags")
NOTE: WidgetKey[str] = WidgetKey("run-note")


@dataclass(frozen=True)
class Edited:
    """What stood in the fields before somebody changed it, and of which runs."""

    ids: tuple[str, ...] = ()
    name: str = ""
    note: str = ""
    tags: Sequence[str] = ()


@dataclass(frozen=True)
class Deleted:
    """Runs that were deleted last, and what was selected then."""

    ids: Sequence[str] = ()
    selection: Sequence[str] = ()


_EDITED = SessionKey("run_notes.edited", Edited)
_DELETED = SessionKey("run_notes.deleted", Deleted)


def tools(rows: pd.DataFrame) -> None:
    """Buttons for the selected runs."""
    ids = tuple(rows["id"])
    pinned, archived = bool(rows["pinned"].all()), bool(rows["archived"].all())
    _edit(rows)
    st.button(
        "Unpin" if pinned else "Pin",
        key="pin",
        icon=":material/keep_off:" if pinned else ":material/keep:",
        help="Pinned runs stand first in the table.",
        on_click=_annotate,
        args=(ids,),
        kwargs={"pinned": not pinned},
    )
    st.button(
        "Take back" if archived else "Archive",
        key="archive",
        icon=":material/unarchive:" if archived else ":material/archive:",
        help="Archived runs are kept, but not shown unless asked for.",
        on_click=_annotate,
        args=(ids,),
        kwargs={"archived": not archived},
    )
    st.button(
        "Delete", key="delete", icon=":material/delete:", on_click=_delete, args=(ids,),
        help="Can be undone.",
    )  # fmt: skip


def _edit(rows: pd.DataFrame) -> None:
    """Name, tags and note of the selection; what its runs do not share stays as it is."""
    ids = tuple(rows["id"])
    tags = _shared_tags(rows["tags"])
    # Streamlit forgets what stands in a field that is not drawn for a while.
    if not NAME.is_set() or _EDITED.get().ids != ids:
        edited = Edited(ids, _shared(rows["name"]), _shared(rows["note"]), tags)
        _EDITED.set(edited)
        NAME.set(edited.name)
        NOTE.set(edited.note)
        TAGS.set(", ".join(tags))
    with st.popover("Name, tags, note", icon=":material/edit:"):
        whom = "this run" if len(ids) == 1 else f"all {len(ids)} selected runs"
        of_whom = f"Of {whom}; at most 80 characters."
        st.text_input("Name", key=NAME.name, help=of_whom, placeholder=_unless_shared(rows["name"]))
        words = "Words with commas between them; at most 12."
        st.text_input("Tags", key=TAGS.name, help=words, placeholder=_unless_shared(rows["tags"]))
        if rows["tags"].map(set).map(len).max() > len(tags):
            st.caption("Tags that only some of the runs have are left as they are.")
        most = "At most 2,000 characters."
        st.text_area("Note", key=NOTE.name, help=most, placeholder=_unless_shared(rows["note"]))
        st.button(f"Keep for {whom}", key="keep-notes", type="primary", on_click=_keep, args=(ids,))


def _shared(column: pd.Series) -> str:
    return str(column.iloc[0]) if column.nunique() == 1 else ""


def _shared_tags(column: pd.Series) -> list[str]:
    return [tag for tag in column.iloc[0] if all(tag in tags for tags in column)]


def _unless_shared(column: pd.Series) -> str | None:
    """What an empty field says where the runs differ."""
    return SEVERAL if column.map(str).nunique() > 1 else None


def _keep(ids: Sequence[str]) -> None:
    """Write what was changed in the fields, and nothing else."""
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
        _say_not_changed(error)
        return
    _EDITED.set(replace(before, ids=()))  # the fields are filled with what is kept
    toasts.later("Kept.", icon=":material/check:")


def _by_tags(
    ids: Sequence[str], added: Sequence[str], removed: Sequence[str]
) -> dict[tuple[str, ...], list[str]]:
    """The new tags, with the runs that have just these then; ValueError before any is written."""
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
    """Write it down; say why where that cannot be."""
    try:
        workspace.store().annotate(ids, **said)  # type: ignore[arg-type]
    except (StoreError, ValueError) as error:
        _say_not_changed(error)


def _say_not_changed(error: Exception) -> None:
    toasts.later(f"Nothing was changed: {in_markdown(str(error))}.", icon=":material/error:")


def _delete(ids: Sequence[str]) -> None:
    try:
        workspace.store().delete(ids)
    except StoreError as error:
        toasts.later(f"Nothing was deleted: {in_markdown(str(error))}.", icon=":material/error:")
        return
    _DELETED.set(Deleted(ids, widgets.value("runs")))
    widgets.put("runs", ())


def undo() -> None:
    """A line that takes the last deletion back, as long as there is one."""
    ids = _DELETED.get().ids
    if not ids:
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
        toasts.later(f"Nothing was taken back: {in_markdown(str(error))}.", icon=":material/error:")
        return
    widgets.put("runs", deleted.selection)
    _dismiss()


def _dismiss() -> None:
    _DELETED.clear()
