"""The program on a terminal of its own: what a person sees, and types."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import threading
import unicodedata

from harness.program import BINARY, clean_environment
from harness.waiting import PATIENCE
from harness.worker import die_with_parent


class Terminal:
    """Use as a context. `text` is all that came out so far."""

    def __init__(self, mneme, *arguments, env=None, rows=24, columns=80):
        self.rows, self.columns = rows, columns
        self._bytes = bytearray()
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

        def take_terminal():
            die_with_parent()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [mneme.binary, *map(str, arguments)], env=clean_environment(mneme.env, {"TERM": "xterm"}, env), stdin=theirs,
            stdout=theirs, stderr=theirs, start_new_session=True, preexec_fn=take_terminal)
        os.close(theirs)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._thread.join(PATIENCE)
        os.close(self._ours)

    def _read(self):
        while True:
            try:
                data = os.read(self._ours, 65536)
            except OSError:  # nobody has the other end any more
                return
            if not data:
                return
            self._bytes += data

    @property
    def pid(self):
        return self.process.pid

    @property
    def text(self):
        return bytes(self._bytes).decode(errors="replace")

    def send(self, text):
        os.write(self._ours, text.encode())

    def wait_exit(self):
        """The exit code, when all that was written has been read."""
        code = self.process.wait(PATIENCE)
        self._thread.join(PATIENCE)
        return code


def on_terminal(env, *arguments, columns=60, stdin=b""):
    """What the program prints when everything is a terminal of so many columns; and its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        env = {**clean_environment(env), "TERM": "xterm"}
        os.execve(BINARY, [BINARY, *arguments], env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.write(terminal, stdin)
    text = b""
    while select.select([terminal], [], [], 60)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        text += part
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return text.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
