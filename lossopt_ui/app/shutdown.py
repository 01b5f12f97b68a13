"""Shutdown of the server: trainings are saved first, and nothing hangs.

uvicorn waits for open connections without a time limit before it ends the app, and then dies of
the signal, so that no `atexit` handler runs. So trainings are closed as soon as the signal
arrives, in parallel with uvicorn.
"""

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

GRACE_SECONDS = 8.0
"""Most seconds from the first signal to the exit; containers are killed after 10 s."""
ECHO_SECONDS = 0.3
"""A second signal this soon is an echo: some programs forward what their whole group receives."""
SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


class Shutdown:
    """Close the app at the first signal; exit at once at the second.

    close   saves what must be saved and returns well within `GRACE_SECONDS`; called again when
            the server ends
    """

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._begun: float | None = None
        self._before: dict[int, Any] = {}
        self._grace = 0.0  # no wait unless another handler ends the program
        self._heard = self._hear = -1

    def listen(self) -> None:
        """Install the signal handlers. Does nothing outside the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        # A handler interrupts the main thread anywhere, perhaps holding a lock: a pipe has none.
        self._heard, self._hear = os.pipe()
        threading.Thread(target=self._wait, name="shutdown", daemon=True).start()
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # `nohup` ignores SIGHUP
                self._before[number] = signal.signal(number, self._on_signal)

    def finish(self) -> None:
        """Close, or wait until that is done. For the end of the server, in any thread."""
        self._close()

    def stop_listening(self) -> None:
        """Restore the previous signal handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
            os.write(self._hear, bytes([number]))
            # The server does not handle SIGHUP, so treat it as SIGTERM.
            for before in (self._before[number], self._before.get(signal.SIGTERM)):
                if callable(before):
                    self._grace = GRACE_SECONDS
                    before(number, frame)
                    break
        elif now > self._begun + ECHO_SECONDS:
            os._exit(128 + number)

    def _wait(self) -> None:
        [number] = os.read(self._heard, 1)
        begun = time.monotonic()
        # In case the signal itself does not end the program: Ctrl-C would exit with a traceback,
        # and the first process of a container would spend seconds on cleanup.
        atexit.register(_end, 128 + number if number == signal.SIGINT else 0)
        self._close()
        time.sleep(max(0.0, begun + self._grace - time.monotonic()))
        os._exit(128 + number)  # some connection is still open


def _end(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
