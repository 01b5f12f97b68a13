"""Visitors of the app without a screen: they speak Streamlit's protocol as a browser does.

A visit fetches the page and its cookies, opens the WebSocket, asks for a run of the script, and
keeps the elements that come.  It knows messages by their digests, as browsers do, and asks again
for every fragment that wants to be run every so often.  What a browser does beside that (scripts,
styles, drawing) it leaves out.
"""

import asyncio
import http.client
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import pyarrow as pa
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg, RunIdentity
from streamlit.proto.WidgetStates_pb2 import WidgetState

PATIENCE = 60.0
"""Seconds after which an answer counts as one that never came."""
LARGEST_MESSAGE = 2**26
LOCALHOST = "127.0.0.1"
_KEY = re.compile(r"\$\$ID-[0-9a-f]+-(.*)", re.DOTALL)
_RUN_ID = re.compile(r"\b[0-9a-f]{16}\b")


class VisitError(RuntimeError):
    """The app did something that no visitor should see; the message says what."""


class NotOnPageError(VisitError):
    """There is nothing of this name on the page."""


class Visit:
    """One tab of a browser; `async with` closes it.

    cookies    the browser's, which grow
    elements   what stands on the page, by its place
    """

    def __init__(self, address: str, cookies: dict[str, str]) -> None:
        place = urlsplit(address)
        if place.hostname != LOCALHOST:
            raise ValueError(f"visitors go to {LOCALHOST} only, not to {address}")
        self.address = address
        self.elements: dict[tuple[int, ...], tuple[str, str, Element]] = {}
        self.cookies = cookies
        self._host = place.netloc
        self._place = ""
        self._query = ""
        self._pages: dict[str, str] = {}
        self._page_hash = ""
        self._session = ""
        self._widgets: dict[str, WidgetState] = {}
        self._messages: dict[str, ForwardMsg] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Condition()
        self._run = RunIdentity()
        self._since: set[str] = set()
        self._runs_begun = 0
        self._runs_ended = 0
        self._problem = ""

    async def __aenter__(self) -> "Visit":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop_timers()
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        await self._socket.close()

    # What a person does

    async def open(self, page: str, query: Mapping[str, str]) -> float:
        """Open an address in a new browser; the seconds until the page is complete."""
        begun = time.perf_counter()
        self._place, self._query = page, urlencode(query)
        await asyncio.to_thread(self._fetch, f"/{page}?{self._query}", "text/html")
        for path in ("/_stcore/health", "/_stcore/host-config"):
            await asyncio.to_thread(self._fetch, path, "*/*")
        self._socket = await websockets.connect(
            f"ws://{self._host}/_stcore/stream",
            origin=websockets.Origin(f"http://{self._host}"),
            subprotocols=[
                websockets.Subprotocol("streamlit"),
                websockets.Subprotocol(self.cookies.get("_streamlit_xsrf", "")),
            ],
            additional_headers={"Cookie": self._cookie_header()},
            max_size=LARGEST_MESSAGE,
        )
        self._listening = asyncio.create_task(self._listen())
        await self._rerun()
        return time.perf_counter() - begun

    async def go(self, page: str, query: Mapping[str, str]) -> float:
        """Follow a link within the app; the seconds until the page is complete."""
        self._place, self._query = page, urlencode(query)
        self._page_hash = self._pages[page]
        self._widgets.clear()
        return await self._rerun()

    async def press(self, key: str) -> float:
        """Press the button of this key; the seconds until the page is complete."""
        return await self.forge(self.id_of(key))

    async def forge(self, id: str) -> float:
        """Say that a button was pressed, be it on the page or not."""
        return await self._rerun(WidgetState(id=id, trigger_value=True))

    async def set_number(self, key: str, number: float) -> float:
        """Type a number into the field of this key; the seconds until the page is complete."""
        id = self.id_of(key, "number_input")
        self._widgets[id] = WidgetState(id=id, double_value=number)
        return await self._rerun()

    def set_text(self, key: str, text: str) -> None:
        """Type a text into the field of this key; sent with whatever is pressed next."""
        id = self.id_of(key, "text_input")
        self._widgets[id] = WidgetState(id=id, string_value=text)

    async def send(self, data: bytes) -> None:
        """Send bytes that need not be a message."""
        await self._socket.send(data)

    async def give(self, name: str, data: bytes) -> float:
        """Give a file to the page's uploader; the seconds until the page is complete."""
        uploader = next(self.shown("file_uploader"), None)
        if uploader is None:
            raise NotOnPageError(f"/{self._place} takes no files")
        file = str(uuid.uuid4())
        status = await asyncio.to_thread(self.upload, name, data, file=file)
        if status != 204:
            raise VisitError(f"an upload was answered {status}")
        state = WidgetState(id=uploader.file_uploader.id)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = file, name, len(data)
        info.file_urls.file_id = file
        self._widgets[state.id] = state
        return await self._rerun()

    def upload(self, name: str, data: bytes, *, file: str = "", mime: str = "text/csv") -> int:
        """Send a file to this session as a browser does; the status of the answer.

        Blocks: to be called in a thread of its own.
        """
        mark = uuid.uuid4().hex
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        begin = f"--{mark}\r\n{head}Content-Type: {mime}\r\n\r\n".encode()
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE)
        connection.request(
            "PUT",
            f"/_stcore/upload_file/{self._session}/{file or uuid.uuid4()}",
            body=begin + data + f"\r\n--{mark}--\r\n".encode(),
            headers={
                "Content-Type": f"multipart/form-data; boundary={mark}",
                "Cookie": self._cookie_header(),
                "X-Xsrftoken": self.cookies.get("_streamlit_xsrf", ""),
            },
        )
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    # What a person sees

    def shown(self, kind: str) -> Iterator[Element]:
        """The page's elements of one kind."""
        return (each for _, _, each in self.elements.values() if each.WhichOneof("type") == kind)

    def has(self, key: str, kind: str = "button") -> bool:
        """Whether there is a widget of this kind and key on the page."""
        return key in self._ids(kind)

    def id_of(self, key: str, kind: str = "button") -> str:
        """The id of the page's widget of this kind and key; NotOnPageError if there is none."""
        found = self._ids(kind)
        if key not in found:
            there = ", ".join(sorted(filter(None, found))) or "none"
            raise NotOnPageError(f"/{self._place} has no {kind} {key!r}, only: {there}")
        return found[key]

    def _ids(self, kind: str) -> dict[str, str]:
        """Ids of the page's widgets of one kind, by key."""
        return {key_of(id): id for each in self.shown(kind) if (id := getattr(each, kind).id)}

    def words(self) -> str:
        """What the page says, in a line for each element."""
        found = [each.markdown.body for each in self.shown("markdown")]
        found += [each.alert.body for each in self.shown("alert")]
        return "\n".join([*found, *(each.progress.text for each in self.shown("progress"))])

    def run_ids(self) -> set[str]:
        """All ids of runs that the page shows, in words, in tables and in links to other pages."""
        links = (each.page_link.query_string for each in self.shown("page_link"))
        found = set(_RUN_ID.findall("\n".join([self.words(), *links])))
        for each in self.shown("dataframe"):
            with pa.ipc.open_stream(each.dataframe.arrow_data.data) as reader:
                table = reader.read_all()
            if "id" in table.column_names:
                found.update(table["id"].to_pylist())
        return found

    def drawn_since(self) -> list[tuple[str, Element]]:
        """The elements drawn since the last click, each with the run of the script that drew it."""
        return [(run, each) for run, _, each in self.elements.values() if run in self._since]

    async def wait_until(
        self, is_so: Callable[[], bool], otherwise: str, *, patience: float = PATIENCE
    ) -> None:
        """Wait until something is so of the page; `otherwise` says that it did not happen."""
        async with self._changed:
            await self._until(is_so, otherwise, patience)

    # The protocol

    def _fetch(self, path: str, accept: str) -> None:
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE)
        headers = {"Accept": accept, "Cookie": self._cookie_header()}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise VisitError(f"GET {path} was answered {answer.status}")
        for line in answer.headers.get_all("set-cookie") or []:
            self.cookies |= {name: each.value for name, each in SimpleCookie(line).items()}
        connection.close()

    def _cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def _rerun(self, trigger: WidgetState | None = None) -> float:
        """Ask for the whole page; the seconds until it is complete."""
        begun = time.perf_counter()
        async with self._changed:
            self._runs_begun = self._runs_ended = 0
            self._since.clear()
            await self._send(trigger)
            await self._until(lambda: self._runs_ended > 0, "the page was not complete")
        return time.perf_counter() - begun

    async def _until(
        self, is_so: Callable[[], bool], otherwise: str, patience: float = PATIENCE
    ) -> None:
        try:
            async with asyncio.timeout(patience):
                await self._changed.wait_for(lambda: bool(self._problem) or is_so())
        except TimeoutError:
            raise VisitError(f"{otherwise} in {patience:g} s; the page: {self.words()}") from None
        if self._problem:
            raise VisitError(self._problem)

    async def _send(self, trigger: WidgetState | None = None, fragment: str = "") -> None:
        state = ClientState(
            query_string=self._query,
            page_script_hash=self._page_hash,
            page_name="" if self._page_hash else self._place,
            fragment_id=fragment,
            is_auto_rerun=bool(fragment),
            cached_message_hashes=list(self._messages),
        )
        state.widget_states.widgets.extend(self._widgets.values())
        if trigger is not None:
            state.widget_states.widgets.append(trigger)
        state.context_info.url = f"{self.address}/{self._place}?{self._query}"
        state.context_info.timezone = "Europe/Vienna"
        state.context_info.locale = "en-GB"
        state.context_info.color_scheme = "light"
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())

    async def _listen(self) -> None:
        try:
            async for data in self._socket:
                message = ForwardMsg.FromString(data)
                async with self._changed:
                    self._take(message)
                    self._changed.notify_all()
        except websockets.ConnectionClosed as error:
            self._problem = f"the connection was lost: {error}"
        else:
            self._problem = "the connection was closed by the server"
        async with self._changed:
            self._changed.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "ref_hash":
            known = self._messages[message.ref_hash]
            message, reference = ForwardMsg(), message
            message.CopyFrom(known)
            message.metadata.CopyFrom(reference.metadata)
        match message.WhichOneof("type"):
            case "new_session":
                self._session = message.new_session.initialize.session_id or self._session
                self._run = message.metadata.run
                if not self._run.fragment_ids:
                    self._runs_begun += 1
                    self._stop_timers()
                if self._runs_begun:  # otherwise one that was on its way before the click
                    self._since.add(self._run.script_run_id)
            case "navigation":
                self._page_hash = message.navigation.page_script_hash
                self._pages = {
                    each.url_pathname: each.page_script_hash
                    for each in message.navigation.app_pages
                }
            case "delta":
                self._take_delta(message)
            case "auto_rerun":
                self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self._stop_timer(fragment)
            case "script_finished":
                if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    self._finish()
            case "session_event":
                self._problem = f"the server says: {message.session_event}"

    def _take_delta(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self._messages[message.hash] = message
        place, delta = tuple(message.metadata.delta_path), message.delta
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        self.elements[place] = (self._run.script_run_id, delta.fragment_id, element)
        if element.WhichOneof("type") == "exception":
            self._problem = f"the page shows an exception: {element.exception.message}"

    def _finish(self) -> None:
        """Take away what the run did not draw again."""
        now, fragments = self._run.script_run_id, self._run.fragment_ids
        self.elements = {
            place: (run, fragment, element)
            for place, (run, fragment, element) in self.elements.items()
            if run == now or (fragments and fragment not in fragments)
        }
        if not fragments and self._runs_begun:
            self._runs_ended += 1

    def _start_timer(self, fragment: str, seconds: float) -> None:
        self._stop_timer(fragment)

        async def ask() -> None:
            with suppress(websockets.ConnectionClosed):
                while True:
                    await asyncio.sleep(seconds)
                    await self._send(fragment=fragment)

        self._timers[fragment] = asyncio.create_task(ask())

    def _stop_timer(self, fragment: str) -> None:
        if fragment in self._timers:
            self._timers.pop(fragment).cancel()

    def _stop_timers(self) -> None:
        for fragment in list(self._timers):
            self._stop_timer(fragment)


def key_of(id: str) -> str:
    """The key of a widget, out of its id."""
    found = _KEY.fullmatch(id)
    return found[1] if found else ""
