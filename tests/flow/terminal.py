"""matchctl at a terminal of its own: a pty of a given size, read until the tool ends."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

from daemon_process import MATCHCTL


class Terminal:
    """A running matchctl whose three streams are one terminal."""

    def __init__(self, arguments, rows=24, columns=120, **environment):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm-256color", **environment})
            os.execv(MATCHCTL, [str(MATCHCTL), *map(str, arguments)])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, until=None, timeout=20):
        """Reads up to a text, or to the end; gives all that came so far."""
        deadline = time.monotonic() + timeout
        while until is None or until not in self.text:
            left = deadline - time.monotonic()
            assert left > 0, f"nothing but {self.text!r}"
            if not select.select([self.fd], [], [], left)[0]:
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                assert until is None, f"ended with {self.text!r}"
                break
            self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return self.text

    def interrupt(self):
        os.kill(self.pid, signal.SIGINT)

    def end(self):
        """The exit status."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


@contextlib.contextmanager
def terminal(arguments, **options):
    tool = Terminal(arguments, **options)
    try:
        yield tool
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(tool.pid, signal.SIGKILL)
            os.waitpid(tool.pid, 0)


def at_terminal(arguments, **options):
    """What the finished tool showed, and its exit status."""
    with terminal(arguments, **options) as tool:
        text = tool.read()
        return text, tool.end()
