"""What people say of runs: names, tags, notes; what they pin, put away, delete and take back."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lossopt_core import StoreError
from lossopt_ui import controls, workspace
from lossopt_ui.names import in_markdown

_DELETED = "run_notes.deleted"
_EDITED = "run_notes.edited"
NAME, TAGS, NOTE = "run-name", "run-tags", "run-note"


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
    """Name, tags and note of the selection; what several do not share starts out empty."""
    ids = tuple(rows["id"])
    if st.session_state.get(_EDITED) != ids:
        st.session_state[_EDITED] = ids
        st.session_state[NAME] = _shared(rows["name"])
        st.session_state[TAGS] = ", ".join(_shared_tags(rows["tags"]))
        st.session_state[NOTE] = _shared(rows["note"])
    with st.popover("Name, tags, note", icon=":material/edit:"):
        whom = "this run" if len(ids) == 1 else f"all {len(ids)} selected runs"
        st.text_input("Name", key=NAME, help=f"Of {whom}; at most 80 characters.")
        st.text_input("Tags", key=TAGS, help="Words with commas between them; at most 12.")
        st.text_area("Note", key=NOTE, help="At most 2,000 characters.")
        st.button(f"Keep for {whom}", key="keep-notes", type="primary", on_click=_keep, args=(ids,))


def _shared(column: pd.Series) -> str:
    return str(column.iloc[0]) if column.nunique() == 1 else ""


def _shared_tags(column: pd.Series) -> list[str]:
    return [tag for tag in column.iloc[0] if all(tag in tags for tags in column)]


def _keep(ids: Sequence[str]) -> None:
    tags = [tag.strip() for tag in st.session_state[TAGS].split(",") if tag.strip()]
    said = {"name": st.session_state[NAME].strip(), "note": st.session_state[NOTE].strip()}
    if _annotate(ids, tags=tags, **said):
        st.toast("Kept.", icon=":material/check:")


def _annotate(ids: Sequence[str], **said: object) -> bool:
    """Write it down; say why where that cannot be."""
    try:
        workspace.store().annotate(ids, **said)  # type: ignore[arg-type]
    except (StoreError, ValueError) as error:
        st.toast(f"Nothing was changed: {in_markdown(str(error))}.", icon=":material/error:")
        return False
    return True


def _delete(ids: Sequence[str]) -> None:
    try:
        workspace.store().delete(ids)
    except StoreError as error:
        st.toast(f"Nothing was deleted: {error}.", icon=":material/error:")
        return
    st.session_state[_DELETED] = (ids, controls.value("runs"))
    controls.put("runs", ())


def undo() -> None:
    """A line that takes the last deletion back, as long as there is one."""
    if _DELETED not in st.session_state:
        return
    ids, _ = st.session_state[_DELETED]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write(f"Deleted {len(ids)} run{'s' if len(ids) > 1 else ''}.")
        st.button("Undo", key="undo", icon=":material/undo:", on_click=_undo)
        st.button("Dismiss", key="dismiss", type="tertiary", on_click=_dismiss)


def _undo() -> None:
    ids, selection = st.session_state[_DELETED]
    try:
        workspace.store().restore(ids)
    except StoreError as error:
        st.toast(f"Nothing was taken back: {error}.", icon=":material/error:")
        return
    controls.put("runs", selection)
    _dismiss()


def _dismiss() -> None:
    del st.session_state[_DELETED]
