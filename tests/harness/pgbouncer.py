"""A PgBouncer of the test's own, before the Postgres of a DATABASE_URL."""

import os
import pwd
import shutil
import socket
import subprocess
from urllib.parse import unquote, urlsplit, urlunsplit

from harness.waiting import wait_until

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class PgBouncer:
    """Runs from its making to `close`. `url` is the database's by way of it. With few server sessions for many
    clients, each transaction is likely to find itself in another one."""

    def __init__(self, url, port, folder, pool_mode="transaction", pool_size=3):
        assert PROGRAM, "pgbouncer is not installed: ops/install installs it"
        parts = urlsplit(url)
        self.url = urlunsplit(parts._replace(netloc=f"{parts.username}:any@127.0.0.1:{port}"))
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "pgbouncer.ini"
        config.write_text(f"""[databases]
* = host={parts.hostname} port={parts.port} user={parts.username} password={unquote(parts.password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {pool_mode}
default_pool_size = {pool_size}
server_round_robin = 1
max_client_conn = 200
""")
        # It refuses to be root; its settings are read before it becomes somebody else.
        user = ["-u", pwd.getpwnam("nobody").pw_name] if os.geteuid() == 0 else []
        self._log = open(folder / "pgbouncer.log", "wb")
        self._process = subprocess.Popen([PROGRAM, *user, config], stdin=subprocess.DEVNULL, stdout=self._log,
                                         stderr=subprocess.STDOUT)
        wait_until(lambda: self._answers(port) or self._process.poll() is not None, message="pgbouncer answers")
        assert self._process.poll() is None, (folder / "pgbouncer.log").read_text()

    @staticmethod
    def _answers(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            return False
        return True

    def close(self):
        self._process.kill()
        self._process.wait()
        self._log.close()
