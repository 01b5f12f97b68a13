"""Files that a visitor downloads: the one way in which a page gives out a file.

Streamlit calls the function behind a download button after the page has been drawn, in a thread
without a session.  Session state, cookies and sign-in read as empty there, so whatever asks for
"this visitor's runs" in that thread asks for nobody's.  Pages therefore never call
`st.download_button`; they call `offer`, which binds the visitor's stores while the page is drawn
and hands them to the function that writes the file.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from lossopt_core import Run, RunStore, StoreError
from lossopt_core.store.annotations import Note, notes_in
from lossopt_core.uploads import Shelf, using
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.state import names
from lossopt_ui.state.session import SessionKey

LONGEST_START = 5.0
"""Seconds to wait until the browser, which asks apart from the press, has the file begun."""
HOLD_SECONDS = 2.0
"""For which a finished file waits at most until the page refers to it."""
POLL = 0.2
"""Seconds between two looks at whether the file is ready."""


class FileError(Exception):
    """A file cannot be made; the message says why, in words for people."""


@dataclass(frozen=True)
class Mine:
    """What belongs to the visitor whose page was drawn."""

    store: RunStore
    references: RunStore

    @property
    def shelf(self) -> Shelf:
        """The visitor's uploaded data sets."""
        return Shelf(self.store)

    def runs(self, ids: Sequence[str], *, whole: bool = False) -> list[Run]:
        """All runs of these ids; FileError where some are no longer kept.

        `whole` reads the stored weights along the path and the minibatch curve too.
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
    """A file on offer.

    label     text of the button, as plain text
    name      file name in the browser's downloads
    kind      media type
    make      writes the file; gets what belongs to the visitor, and must ask the session for
              nothing.  Errors raised as FileError, StoreError or ValueError are shown as they are
    key       key of the button
    type      look of the button
    """

    label: str
    name: str
    kind: str
    make: Callable[[Mine], bytes]
    key: str
    type: Literal["primary", "secondary", "tertiary"] = "secondary"


class Delivery:
    """What became of the files behind one button, shared by its session and the making threads.

    Streamlit drops a finished file as soon as two pages, of whomever, have been drawn while no
    page refers to it, which on a busy server is before the browser has asked for it.  So a file
    is handed over only once its page refers to it too.
    """

    def __init__(self, *, hold: float = HOLD_SECONDS) -> None:
        self._hold = hold
        self._held = threading.Event()
        self._content = b""
        self._lock = threading.Lock()
        self._begun = self._ended = self._told = 0
        self._problem = ""

    def make(self, file: File, mine: Mine) -> bytes:
        """The file's content; FileError with the reason in words where it cannot be made."""
        self._held.clear()
        with self._lock:
            self._begun += 1
        content = b""
        problem = "something unexpected went wrong; the server's log has the details"
        try:
            with using(mine.shelf):
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
        """The last finished file, once; empty where there is none."""
        with self._lock:
            content, self._content = self._content, b""
        return content

    def release(self) -> None:
        """The page refers to the finished file now."""
        self._held.set()

    @property
    def news(self) -> bool:
        """Whether a file has been made, or has failed, since that was last told."""
        with self._lock:
            return self._told < self._begun == self._ended

    @property
    def running(self) -> bool:
        """Whether a file is being made."""
        with self._lock:
            return self._ended < self._begun

    def tell(self) -> str:
        """Why the last file was not made; "" if it was."""
        with self._lock:
            self._told = self._ended
            return self._problem


def offer(*files: File) -> None:
    """A row of buttons, each of which downloads its file when it is pressed.

    A file that cannot be made is said in words below the row; nothing empty is downloaded.
    """
    _row(files, Mine(workspace.store(), workspace.references()))


@st.fragment
def _row(files: Sequence[File], mine: Mine) -> None:
    """A fragment, so that pressing a button draws nothing else of the page again."""
    with st.container(horizontal=True):
        pressed = [file for file in files if _button(file, mine)]
    for file in pressed:
        delivery = _delivery(file)
        if problem := _outcome(delivery):
            what, why = names.in_markdown(file.name), names.in_markdown(problem)
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
        names.in_markdown(file.label),
        data=lambda: delivery.make(file, mine),
        file_name=file.name,
        mime=file.kind,
        icon=":material/download:",
        key=file.key,
        type=file.type,
    )
    if not pressed:
        delivery.tell()  # an earlier press that nobody waited for
    return pressed


def _delivery(file: File) -> Delivery:
    """One for each button and session: the file may be made for an earlier drawing of it."""
    return SessionKey(f"files.{file.key}", Delivery).get()


def _outcome(delivery: Delivery) -> str:
    """Why the file of the button just pressed was not made; waits until that is known.

    Writing to the page between two looks lets Streamlit end the wait when the visitor goes on.
    """
    place, give_up = st.empty(), time.monotonic() + LONGEST_START
    while not delivery.news and (delivery.running or time.monotonic() < give_up):
        place.caption("Preparing the file …")
        time.sleep(POLL)
    place.empty()
    return delivery.tell()
