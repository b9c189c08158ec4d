"""A TCP proxy that misbehaves on request: between a worker and a service that would never be so slow by itself."""

import contextlib
import random
import socket
import struct
import threading
import time
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65536
BACKLOG = 64
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends a reset


class Proxy:
    """Forwards a free port of 127.0.0.1 to `target`, a (host, port). Modes, which hold for open connections too:

    pass     forwards
    slow     forwards each chunk of an answer after `delay` seconds
    stall    accepts and reads, and nothing comes back: a half-open connection; with `after`, behind so many answers.
             `stalled` counts the answers that are held back
    cut      resets the connection in the middle of the next answer
    refuse   nobody listens, and open connections are reset

    Use as a context; `mode` is set by `set`."""

    def __init__(self, target, seed=0):
        self.target = target
        self.mode = "pass"
        self.delay = 0.0
        self.accepted = 0
        self.stalled = 0
        self._after = 0  # answers that a stall lets through
        self._rng = random.Random(seed)
        self._changed = threading.Condition()
        self._pairs = set()
        self._is_closed = False
        self._listener = self._bind()
        self._listener.listen(BACKLOG)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def url(self, url):
        """The same URL by way of the proxy."""
        parts = urlsplit(url)
        userinfo, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{userinfo}{at}127.0.0.1:{self.port}"))

    def set(self, mode, delay=0.0, after=0):
        assert mode in ("pass", "slow", "stall", "cut", "refuse"), mode
        with self._changed:
            was_refusing = self.mode == "refuse"
            self.mode, self.delay, self._after = mode, delay, after
            if mode == "refuse":
                self._refuse()
            elif was_refusing:
                self._listener.listen(BACKLOG)
            self._changed.notify_all()

    def close(self):
        with self._changed:
            self._is_closed = True
            self.mode = "refuse"
            self._refuse()
            self._changed.notify_all()
        self._thread.join(10)
        self._listener.close()

    # --- connections ---

    @staticmethod
    def _bind():
        """Bound to a port by number, a socket keeps it while it does not listen."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = probe.getsockname()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        return listener

    def _refuse(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        for pair in list(self._pairs):
            self._reset(pair)

    def _reset(self, pair):
        self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                end.shutdown(socket.SHUT_RD)  # wakes recv(), and sends nothing
            end.close()

    def _accept(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self.mode != "refuse" or self._is_closed)
                if self._is_closed:
                    return
            try:
                client, _ = self._listener.accept()
            except OSError:
                continue
            self.accepted += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            service = socket.create_connection(self.target, 10)
        except OSError:
            client.close()
            return
        service.settimeout(None)
        pair = (client, service)
        with self._changed:
            if self.mode == "refuse":
                self._reset(pair)
                return
            self._pairs.add(pair)
        for end in pair:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._pump, args=(pair, client, service, False), daemon=True).start()
        self._pump(pair, service, client, True)

    def _pump(self, pair, source, sink, is_answer):
        try:
            while data := source.recv(CHUNK):
                if is_answer and not self._let_through(pair, sink, data):
                    break
                sink.sendall(data)
        except OSError:
            pass
        with self._changed:
            if pair in self._pairs:
                self._pairs.discard(pair)
                for end in pair:
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                    end.close()

    def _let_through(self, pair, sink, data):
        """Waits as the mode wants; false when the connection is gone."""
        with self._changed:
            mode, due = self.mode, time.monotonic() + self.delay
            self._changed.wait_for(lambda: self.mode != "slow" or time.monotonic() >= due,
                                   self.delay if mode == "slow" else 0)
            if self.mode == "stall" and self._after > 0:
                self._after -= 1
            elif self.mode == "stall":
                self.stalled += 1
                self._changed.wait_for(lambda: self.mode != "stall" or pair not in self._pairs)
            if pair not in self._pairs:
                return False
            if self.mode == "cut":
                with contextlib.suppress(OSError):
                    sink.sendall(data[:self._rng.randrange(len(data))])
                self._reset(pair)
                return False
            return True
