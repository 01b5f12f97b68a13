"""The server's end: when it is told to stop, trainings are saved first, and nothing hangs.

uvicorn waits for connections before it ends the app, without a limit, and then dies of the signal,
so that no `atexit` runs.  So trainings are closed as soon as the signal comes, beside uvicorn.
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
"""From the first signal to the end; containers are killed after 10 s."""
ECHO_SECONDS = 0.3
"""A second signal so soon is the same: some programs pass on what their whole group receives."""
SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]

Handler = Callable[[int, FrameType | None], Any]


class Shutdown:
    """Closes what must be closed at the first signal; a second one ends the program at once.

    close   saves what is to be saved and returns, well within `GRACE_SECONDS`; is called again
            where the server ends
    """

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._begun: float | None = None
        self._before: dict[int, Any] = {}
        self._grace = 0.0  # unless somebody else ends the program
        self._heard = self._hear = -1

    def listen(self) -> None:
        """From now on heed signals.  Only the main thread can; elsewhere this does nothing."""
        if threading.current_thread() is not threading.main_thread():
            return
        # A handler interrupts the main thread anywhere, perhaps holding a lock: a pipe has none.
        self._heard, self._hear = os.pipe()
        threading.Thread(target=self._wait, name="shutdown", daemon=True).start()
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # `nohup` ignores that a terminal closes
                self._before[number] = signal.signal(number, self._on_signal)

    def finish(self) -> None:
        """Close, or wait until that is done.  For the end of the server, in any thread."""
        self._close()

    def stop_listening(self) -> None:
        """Put the signal handlers back that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
            os.write(self._hear, bytes([number]))
            # The server knows nothing of a terminal that closes: to it that is SIGTERM.
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
        # Where the signal itself does not end the program: a Ctrl-C would count as an error, and
        # the first process of a container would take seconds to tidy up what nobody needs.
        atexit.register(_end, 128 + number if number == signal.SIGINT else 0)
        self._close()
        time.sleep(max(0.0, begun + self._grace - time.monotonic()))
        os._exit(128 + number)  # somebody's connection does not end


def _end(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
