"""The proxy's bad manners, one by one, and its good ones in between."""

import socket
import socketserver
import threading
import time

import pytest

from harness.proxy import Proxy


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


@pytest.fixture
def proxy():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Proxy(server.server_address) as made:
            yield made
        server.shutdown()


def connect(proxy, timeout=5):
    return socket.create_connection(("127.0.0.1", proxy.port), timeout)


def ask(connection, data=b"hello"):
    connection.sendall(data)
    got = b""
    while len(got) < len(data):
        more = connection.recv(4096)
        if not more:
            break
        got += more
    return got


def test_it_passes_what_comes(proxy):
    with connect(proxy) as first, connect(proxy) as second:
        assert ask(first) == b"hello" and ask(second, b"x" * 100_000) == b"x" * 100_000
    assert proxy.accepted == 2


def test_slow_answers_come_late(proxy):
    with connect(proxy) as connection:
        proxy.set("slow", delay=0.3)
        start = time.monotonic()
        assert ask(connection) == b"hello"
        assert time.monotonic() - start >= 0.3


def test_a_slow_answer_comes_at_once_when_the_proxy_is_well_again(proxy):
    with connect(proxy, 20) as connection:
        proxy.set("slow", delay=60)
        threading.Timer(0.2, proxy.set, ("pass",)).start()
        assert ask(connection) == b"hello"


def test_a_stalled_connection_is_open_and_silent_until_it_is_let_go(proxy):
    with connect(proxy, 0.3) as connection:
        proxy.set("stall")
        with pytest.raises(TimeoutError):
            ask(connection)
        proxy.set("pass")
        connection.settimeout(5)
        assert connection.recv(100) == b"hello"


def test_a_cut_answer_ends_in_a_reset(proxy):
    with connect(proxy) as connection:
        proxy.set("cut")
        with pytest.raises(ConnectionResetError):
            while True:
                assert len(ask(connection, b"y" * 50)) < 50


def test_nobody_listens_while_it_refuses(proxy):
    with connect(proxy) as connection:
        assert ask(connection) == b"hello"
        proxy.set("refuse")
        with pytest.raises(ConnectionResetError):
            ask(connection)
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
    proxy.set("pass")
    with connect(proxy) as connection:
        assert ask(connection) == b"hello"


def test_a_url_keeps_everything_but_its_host(proxy):
    assert proxy.url("postgresql://u:p@db:5432/x?a=b") == f"postgresql://u:p@127.0.0.1:{proxy.port}/x?a=b"
