"""The service by day: Kubernetes, Windows (WinSW) and nginx, as far as config/ has files for them."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from presence_worker.serve.http.route import Entrance
from presence_worker.serve.http.routes import ROUTES
from presence_worker.settings import Settings
from presence_worker.settings.notify import Notify
from presence_worker.settings.serve import MIB, Address, Serve
from tests.run.given import sandbox_up, started, wait_until

CONFIG = Path(__file__).parents[2] / "config"
STOPS_WITHIN = (Serve().drain or 0) + Notify().timeout + 20
NAME = "presence.example.com"
TOKEN = "pw_of-this-test"

# -- Kubernetes ----------------------------------------------------------------------------------------------


def manifest(kind: str) -> dict[str, Any]:
    documents = yaml.safe_load_all((CONFIG / "kubernetes" / "presence-worker-serve.yaml").read_text())
    (found,) = (document for document in documents if document["kind"] == kind)
    return dict(found)


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = manifest("Deployment")["spec"]["template"]["spec"]
    return spec


def settings_of_the_map() -> Settings:
    return Settings.model_validate(tomllib.loads(manifest("ConfigMap")["data"]["config.toml"]))


def test_kubernetes_never_has_two_services() -> None:
    """The old pod is gone before the new one begins, and has time to drain."""
    deployment = manifest("Deployment")["spec"]

    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert pod()["terminationGracePeriodSeconds"] > STOPS_WITHIN


def test_kubernetes_asks_routes_that_are_there() -> None:
    """The probes ask open routes of the port on which the service listens."""
    container = pod()["containers"][0]
    (port,) = container["ports"]
    asked = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}

    serve = settings_of_the_map().serve

    assert {name: probe["path"] for name, probe in asked.items()} == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }
    assert {probe["path"] for probe in asked.values()} <= {
        route.path for route in ROUTES if route.entrance is Entrance.OPEN
    }
    assert {probe["port"] for probe in asked.values()} == {port["name"]}
    assert serve.listen == Address("0.0.0.0", port["containerPort"])
    assert serve.behind_proxy
    assert manifest("Service")["spec"]["ports"][0]["targetPort"] == port["name"]


def test_kubernetes_labels_lead_to_the_pod() -> None:
    """Service and Deployment choose the pod that the template makes, and no CronJob's."""
    template = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    service = manifest("Service")["spec"]

    assert template == service["selector"] == manifest("Deployment")["spec"]["selector"]["matchLabels"]
    assert template["app.kubernetes.io/name"] != "presence-worker"
    assert service["publishNotReadyAddresses"] is True


def test_kubernetes_token_lets_nobody_in() -> None:
    """Until it is replaced: no token has this digest."""
    (access,) = settings_of_the_map().serve.tokens.values()

    assert set(access.sha256) == {"0"}


# -- Windows -------------------------------------------------------------------------------------------------


def test_winsw_starts_the_service_and_waits_for_its_runs() -> None:
    """One program, its arguments, time to drain, and a restart after a failure."""
    service = ET.parse(CONFIG / "windows" / "presence-worker-serve.xml").getroot()
    stop = re.fullmatch(r"(\d+) sec", service.findtext("stoptimeout") or "")

    assert service.tag == "service"
    assert (service.findtext("executable") or "").endswith(r"\presence-worker.exe")
    assert (service.findtext("arguments") or "").split()[0] == "serve"
    assert stop
    assert int(stop[1]) > STOPS_WITHIN
    assert [each.get("action") for each in service.findall("onfailure")] == ["restart"]


# -- nginx ---------------------------------------------------------------------------------------------------

needs_nginx = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed (Debian: nginx)")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def site(folder: Path, service: str, port: int) -> str:
    """Give our site as it would be installed, for a service and a port of this test."""
    text = (CONFIG / "nginx" / "presence-worker.conf").read_text()
    for old, new in {
        "127.0.0.1:8470": service.removeprefix("http://"),
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "listen [::]:443 ssl;": "",
        f"/etc/ssl/certs/{NAME}.pem": f"{folder}/cert.pem",
        f"/etc/ssl/private/{NAME}.key": f"{folder}/key.pem",
    }.items():
        assert old in text
        text = text.replace(old, new)
    return text


def write_nginx(folder: Path, service: str, port: int) -> Path:
    """Write the configuration of an nginx that has our site alone."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert(NAME)
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "site.conf").write_text(site(folder, service, port))
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}include {folder}/site.conf;\n}}\n"
    )
    return config


@contextmanager
def nginx_up(folder: Path, service: str) -> Iterator[int]:
    """Let nginx stand before a service; give its port."""
    port = free_port()
    config = write_nginx(folder, service, port)
    command = ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: process.poll() is not None or is_open(port))
            assert process.poll() is None, process.communicate()[1]
            yield port
        finally:
            process.terminate()


def is_open(port: int) -> bool:
    with socket.socket() as way:
        return way.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def behind_nginx(tmp_path: Path) -> Iterator["Way"]:
    """A service as the site's comment sets it up, and nginx before it."""
    config = tmp_path / "config.toml"
    digest = sha256(TOKEN.encode()).hexdigest()
    with sandbox_up() as superoffice:
        config.write_text(
            f'[target]\nbase_url = "{superoffice.url}"\n[auth]\nusername = "night"\npassword = "x"\n'
            f'[storage]\nstate_dir = "{tmp_path}/state"\n'
            f'[serve]\nlisten = "127.0.0.1:0"\npublic_url = "https://{NAME}"\nbehind_proxy = true\n'
            f'tokens.test = {{ sha256 = "{digest}", roles = ["submit", "read"] }}\n'
        )
        with started("serve", "--config", config) as process:
            assert process.stdout
            url = process.stdout.readline().strip()
            with nginx_up(tmp_path, url) as port, closing(Way(port, tmp_path / "ca.pem")) as way:
                yield way


class Way(HTTPSConnection):
    """A connection to nginx under the name that people use."""

    def __init__(self, port: int, authority: Path) -> None:
        super().__init__(NAME, port, context=ssl.create_default_context(cafile=str(authority)), timeout=60)
        self._port = port

    def connect(self) -> None:
        """Connect to this machine."""
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self.sock = self._context.wrap_socket(plain, server_hostname=NAME)  # type: ignore[attr-defined]

    def ask(self, method: str, path: str, body: bytes | None = None, **more: str) -> tuple[int, Any]:
        """Send a request with the token; give the status, and what the body has."""
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        self.request(method, path, body, {"Authorization": f"Bearer {TOKEN}", "Host": NAME, **headers})
        answer = self.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


@needs_nginx
def test_nginx_finds_no_fault(tmp_path: Path) -> None:
    """`nginx -t` takes every line of the site, without a warning."""
    config = write_nginx(tmp_path, "http://127.0.0.1:8470", 8443)

    tested = subprocess.run(
        ["nginx", "-t", "-p", tmp_path, "-e", "stderr", "-c", config],
        capture_output=True,
        text=True,
        check=False,
    )

    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr


@needs_nginx
def test_a_job_passes_nginx(behind_nginx: "Way") -> None:
    """A body as large as the service takes; one that is larger gets the service's own answer."""
    row = b"3,Away,back on Monday\n"
    large = b"associateId,status,message\n" + row * (20 * MIB // len(row))

    taken, job = behind_nginx.ask("POST", "/api/v1/jobs", large)
    refused, problem = behind_nginx.ask("POST", "/api/v1/jobs", large + large)

    assert (taken, job["url"]) == (202, f"https://{NAME}/jobs/{job['job']}")
    assert (refused, problem["status"]) == (413, 413)


@needs_nginx
def test_events_pass_nginx_at_once(behind_nginx: "Way") -> None:
    """The first event comes while the answer goes on; nothing waits for a buffer to fill."""
    behind_nginx.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {TOKEN}", "Host": NAME})

    answer = behind_nginx.getresponse()

    assert answer.status == 200
    assert answer.readline().startswith((b"event: state", b"id:", b"retry:", b":"))


@needs_nginx
def test_wrong_tokens_are_counted_by_the_address_behind_nginx(behind_nginx: "Way") -> None:
    """Ten from one address, and it has to wait; a header that it sends itself hides nothing."""
    found = [
        behind_nginx.ask("GET", "/api/v1/jobs", Authorization="Bearer x", X_Forwarded_For=f"10.0.0.{n}")[0]
        for n in range(11)
    ]

    assert found == [*[401] * 10, 429]
