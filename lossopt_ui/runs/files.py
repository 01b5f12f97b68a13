"""File downloads: pages offer files only through this module.

Streamlit calls the function behind a download button after the page has been drawn, in a thread
without a session. Session state, cookies and sign-in are empty there, so code that asks for "this
visitor's runs" in that thread gets nobody's. Pages therefore never call `st.download_button`.
They call `offer`, which looks up the visitor's stores while the page is drawn and passes them to
the function that writes the file.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from lossopt_core import Run, RunStore, StoreError
from lossopt_core.store.annotations import Note, notes_in
from lossopt_core.uploads import UploadStore, using
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.state import names
from lossopt_ui.state.session import SessionKey

LONGEST_START = 5.0
"""Seconds to wait, after a click, for the browser's separate request that starts the file."""
HOLD_SECONDS = 2.0
"""Longest time that a finished file is held until the page refers to it."""
POLL = 0.2
"""Seconds between two checks whether the file is ready."""


class FileError(Exception):
    """A file cannot be made; the message says why, in words for users."""


@dataclass(frozen=True)
class Mine:
    """The stores of the visitor whose page was drawn."""

    store: RunStore
    references: RunStore

    @property
    def upload_store(self) -> UploadStore:
        """The visitor's uploaded data sets."""
        return UploadStore(self.store)

    def runs(self, ids: Sequence[str], *, whole: bool = False) -> list[Run]:
        """All runs with these ids; FileError if some have been deleted.

        `whole` also reads the saved weights along the path and the minibatch curve.
        """
        stores = (self.store, self.references)
        found = saved_runs.find_in(stores, ids, with_path=whole, with_minibatch=whole)
        if absent := len([each for each in ids if each not in found]):
            are = "is" if absent == 1 else "are"
            raise FileError(
                f"{absent:,} of the {names.counted(len(ids), 'selected run')} {are} no longer"
                " stored; reload the page and select again"
            )
        return list(found.values())

    def notes(self) -> dict[str, Note]:
        """Name, tags and note of each of the visitor's runs, by id."""
        return notes_in(self.store.list())


@dataclass(frozen=True)
class File:
    """A file that can be downloaded.

    label     text of the button, as plain text
    name      file name in the browser's downloads
    kind      MIME type
    make      writes the file from the visitor's stores; must not use the session. The messages of
              FileError, StoreError and ValueError are shown to the visitor
    key       key of the button
    type      button type
    """

    label: str
    name: str
    kind: str
    make: Callable[[Mine], bytes]
    key: str
    type: Literal["primary", "secondary", "tertiary"] = "secondary"


class Delivery:
    """State of the files behind one button, shared by its session and the threads that make them.

    Streamlit drops a finished file once two pages, of any visitors, have been drawn while no page
    refers to it. On a busy server that happens before the browser has fetched it. A file is
    therefore handed over only once its page refers to it too.
    """

    def __init__(self, *, hold: float = HOLD_SECONDS) -> None:
        self._hold = hold
        self._held = threading.Event()
        self._content = b""
        self._lock = threading.Lock()
        self._begun = self._ended = self._told = 0
        self._problem = ""

    def make(self, file: File, mine: Mine) -> bytes:
        """Make the content of the file; FileError with the reason if that fails."""
        self._held.clear()
        with self._lock:
            self._begun += 1
        content = b""
        problem = "there was an unexpected error; see the server log"
        try:
            with using(mine.upload_store):
                content = file.make(mine)
            problem = "" if content else "it would be empty"
        except (FileError, StoreError, ValueError) as error:
            problem = str(error)
        finally:
            with self._lock:
                self._ended, self._problem = self._ended + 1, problem
                self._content = b"" if problem else content
        if problem:
            raise FileError(f"{file.name} was not made: {problem}")
        self._held.wait(self._hold)
        return content

    def take(self) -> bytes:
        """Return the last finished file once; afterwards and if there is none, empty bytes."""
        with self._lock:
            content, self._content = self._content, b""
        return content

    def release(self) -> None:
        """Note that the page now refers to the finished file."""
        self._held.set()

    @property
    def news(self) -> bool:
        """Whether a file has finished or failed since the last call of `tell`."""
        with self._lock:
            return self._told < self._begun == self._ended

    @property
    def running(self) -> bool:
        """Whether a file is being made."""
        with self._lock:
            return self._ended < self._begun

    def tell(self) -> str:
        """Why the last file was not made, or ""; marks the news as read."""
        with self._lock:
            self._told = self._ended
            return self._problem


def offer(*files: File) -> None:
    """Show a row of buttons, each of which downloads its file.

    If a file cannot be made, the reason is shown below the row and nothing is downloaded.
    """
    _row(files, Mine(workspace.store(), workspace.references()))


@st.fragment
def _row(files: Sequence[File], mine: Mine) -> None:
    """A fragment, so that a click on a button redraws nothing else on the page."""
    with st.container(horizontal=True):
        pressed = [file for file in files if _button(file, mine)]
    for file in pressed:
        delivery = _delivery(file)
        if problem := _outcome(delivery):
            what, why = names.escape_markdown(file.name), names.escape_markdown(problem)
            st.error(f"{what} was not made: {why}.", icon=":material/error:")
        elif content := delivery.take():
            st.download_button(
                "Download again",
                content,
                file_name=file.name,
                mime=file.kind,
                on_click="ignore",
                type="tertiary",
                key=f"{file.key}-again",
            )
            delivery.release()


def _button(file: File, mine: Mine) -> bool:
    delivery = _delivery(file)
    pressed = st.download_button(
        names.escape_markdown(file.label),
        data=lambda: delivery.make(file, mine),
        file_name=file.name,
        mime=file.kind,
        icon=":material/download:",
        key=file.key,
        type=file.type,
    )
    if not pressed:
        delivery.tell()  # discard the outcome of an earlier click that nobody waited for
    return pressed


def _delivery(file: File) -> Delivery:
    """The delivery of a button in this session; it outlives reruns of the page."""
    return SessionKey(f"files.{file.key}", Delivery).get()


def _outcome(delivery: Delivery) -> str:
    """Wait for the file of the button just clicked; why it was not made, or "".

    Writing to the page between two checks lets Streamlit interrupt the wait when the visitor
    does something else.
    """
    place, give_up = st.empty(), time.monotonic() + LONGEST_START
    while not delivery.news and (delivery.running or time.monotonic() < give_up):
        place.caption("Preparing the file …")
        time.sleep(POLL)
    place.empty()
    return delivery.tell()
