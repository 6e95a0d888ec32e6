"""What a service shows while the database of several machines is away."""

import json
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.run.given import started, wait_until

from .postgres import Postgres
from .proxy import proxy_to

CONFIG = """[target]
base_url = "http://127.0.0.1:9"
[auth]
username = "night"
password_file = "{folder}/password"
[storage]
state_dir = "{folder}/state"
[serve]
listen = "127.0.0.1:0"
tokens.test = {{ sha256 = "{digest}", roles = ["read"] }}
[fleet]
database = "{database}"
"""


def readiness(url: str) -> tuple[int, str]:
    """The status of /readyz, and its word."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, str(json.loads(answer.read())["status"])
    finally:
        connection.close()


def test_it_begins_without_the_database(tmp_path: Path, database_server: Postgres, database_url: str) -> None:
    """It says why it is not ready, and is as soon as the database is there."""
    (tmp_path / "password").write_text("any\n")
    (tmp_path / "password").chmod(0o600)
    config = tmp_path / "config.toml"
    with proxy_to(database_server.port) as proxy:
        proxy.go_away()
        database = database_url.replace(str(database_server.port), str(proxy.port))
        digest = sha256(b"of this test").hexdigest()
        config.write_text(CONFIG.format(folder=tmp_path, digest=digest, database=database))
        with started("serve", "--config", config) as process:
            assert process.stdout
            url = process.stdout.readline().strip()
            while_away = readiness(url)
            proxy.come_back()
            wait_until(lambda: readiness(url)[0] == 200)

    assert while_away == (503, "database")
