"""Several machines by day: the unit of a worker, and Kubernetes, as far as config/ has files for them."""

import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from presence_worker.settings import Settings
from presence_worker.settings.fleet import Fleet
from presence_worker.settings.notify import Notify
from presence_worker.settings.serve import Address
from tests.night.test_night_systemd import seconds, text_of, unit

CONFIG = Path(__file__).parents[2] / "config"
MANIFEST = CONFIG / "kubernetes" / "presence-worker-fleet.yaml"
WORKER, SERVE = "presence-worker-worker.service", "presence-worker-serve.service"
DROP_IN = "with-database.conf"
UNITS_WITH_DATABASE = ("presence-worker-worker", "presence-worker-serve", "presence-worker@")
GIVEN_BACK = 5  # seconds after SIGTERM in which a worker has given its runs back

# -- systemd -------------------------------------------------------------------------------------------------


def test_a_worker_is_watched_as_the_service_is() -> None:
    """The two units differ in the command, in the folders of an inbox, and in where the password is."""
    worker, serve = unit(WORKER), unit(SERVE)
    of_serve = {"ExecStart", "LoadCredential", "Environment", "ReadWritePaths"}

    differs = {
        key
        for key in {*worker["Service"], *serve["Service"]}
        if worker["Service"].get(key) != serve["Service"].get(key)
    }

    assert worker["Service"]["ExecStart"].endswith("/presence-worker worker")
    assert differs <= of_serve
    assert seconds(worker["Service"]["TimeoutStopSec"]) > GIVEN_BACK
    assert {**worker["Install"]} == {**serve["Install"]}
    assert worker["Unit"]["StartLimitIntervalSec"] == "0"


def test_each_unit_gets_the_secrets_of_the_database() -> None:
    """The drop-in names files of settings that are there, each by a copy that systemd makes."""
    lines = text_of(DROP_IN).splitlines()
    copies = [line.partition("=")[2].split(":")[0] for line in lines if line.startswith("LoadCredential=")]
    variables = dict(
        line.removeprefix("Environment=").split("=") for line in lines if line.startswith("Environment=")
    )

    names = [name.removeprefix("PRESENCE_WORKER_FLEET__").lower() for name in variables]

    assert names == ["database_password_file", "encryption_key_file"]
    assert set(names) <= set(Fleet.model_fields)
    assert [*variables.values()] == [f"%d/{copy}" for copy in copies]
    assert all(f"{name}.service.d/{DROP_IN}" in text_of(WORKER) for name in UNITS_WITH_DATABASE)
    assert DROP_IN > "targets.conf"  # systemd reads them in this order, and that one takes credentials away


# -- Kubernetes ----------------------------------------------------------------------------------------------


def manifest(kind: str, name: str = "presence-worker-fleet") -> dict[str, Any]:
    documents = yaml.safe_load_all(MANIFEST.read_text())
    (found,) = (each for each in documents if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return dict(found)


def deployed() -> dict[str, Any]:
    spec: dict[str, Any] = manifest("Deployment")["spec"]["template"]["spec"]
    return spec


def pruning() -> dict[str, Any]:
    job = manifest("CronJob", "presence-worker-fleet-prune")
    spec: dict[str, Any] = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def common_file() -> dict[str, Any]:
    return tomllib.loads(manifest("ConfigMap")["data"]["config.toml"])


def settings_of_the_map() -> Settings:
    return Settings.model_validate({name: each for name, each in common_file().items() if name != "targets"})


def mounted(pod: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the volumes of a pod by the folder in which they lie."""
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    return {mount["mountPath"]: volumes[mount["name"]] for mount in pod["containers"][0]["volumeMounts"]}


def test_three_pods_share_the_work() -> None:
    """One of them may be lost at any time, also in a change of version; none waits for another's disk."""
    deployment = manifest("Deployment")["spec"]
    change = deployment["strategy"]["rollingUpdate"]

    assert (deployment["replicas"], deployment["strategy"]["type"]) == (3, "RollingUpdate")
    assert change["maxUnavailable"] == manifest("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert "emptyDir" in mounted(deployed())["/state"]
    assert deployed()["terminationGracePeriodSeconds"] > GIVEN_BACK + Notify().timeout
    assert deployed()["containers"][0]["args"] == ["serve"]


def test_the_pods_reach_the_database_that_the_operator_makes() -> None:
    """Its address, its role and its secrets have the names that the operator derives from the cluster's."""
    cluster = manifest("Cluster", "presence-worker-db")
    made = cluster["spec"]["bootstrap"]["initdb"]
    fleet = settings_of_the_map().fleet
    assert fleet.database
    address = urlsplit(fleet.database.get_secret_value())
    asked = parse_qs(address.query)
    sources = {
        source["secret"]["name"]: source["secret"]["items"]
        for source in mounted(deployed())["/run/secrets/presence-worker-database"]["projected"]["sources"]
    }

    assert cluster["apiVersion"] == "postgresql.cnpg.io/v1"
    assert address.hostname == f"{cluster['metadata']['name']}-rw"
    assert (address.username, address.path) == (made["owner"], f"/{made['database']}")
    assert address.password is None
    assert asked["sslmode"] == ["verify-full"]
    assert [*sources] == [f"{cluster['metadata']['name']}-{part}" for part in ("app", "ca")]
    assert Path(asked["sslrootcert"][0]).name == sources["presence-worker-db-ca"][0]["path"]
    assert fleet.database_password_file
    assert fleet.database_password_file.name == sources["presence-worker-db-app"][0]["path"]


def test_a_failover_of_the_database_forgets_nothing() -> None:
    """What it confirms is on a second instance: the guarantees need that."""
    spec = manifest("Cluster", "presence-worker-db")["spec"]

    assert spec["instances"] >= 3
    assert spec["postgresql"]["synchronous"]["number"] >= 1
    assert spec["postgresql"]["synchronous"]["dataDurability"] == "required"


@pytest.mark.parametrize("pod", [deployed(), pruning()], ids=["deployment", "prune"])
def test_each_file_of_the_settings_lies_in_a_volume(pod: dict[str, Any]) -> None:
    """Targets, passwords, key, and what the database needs are mounted, in both kinds of pods."""
    fleet, folders = settings_of_the_map().fleet, mounted(pod)
    targets = manifest("ConfigMap", "presence-worker-fleet-targets")["data"]
    passwords = [tomllib.loads(text)["auth"]["password_file"] for text in targets.values()]
    assert fleet.database_password_file
    assert fleet.encryption_key_file

    files = [*passwords, str(fleet.database_password_file), str(fleet.encryption_key_file)]

    assert common_file()["targets"] in folders
    assert {str(Path(file).parent) for file in files} <= set(folders)
    assert {*folders["/run/secrets/presence-worker-fleet"]} == {"name", "secret"}


def test_the_probes_ask_the_port_on_which_the_pods_listen() -> None:
    """A pod that cannot take work gets no requests."""
    container = deployed()["containers"][0]
    (port,) = container["ports"]
    serve = settings_of_the_map().serve

    assert serve.listen == Address("0.0.0.0", port["containerPort"])
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": port["name"]}
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": port["name"]}
    assert manifest("Service")["spec"]["ports"][0]["targetPort"] == port["name"]
    assert {*(access.sha256 for access in serve.tokens.values())} == {"0" * 64}


def test_labels_lead_to_the_pods_that_serve() -> None:
    """Service, Deployment and the budget choose the same pods, and not the one that prunes."""
    label = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    prunes = manifest("CronJob", "presence-worker-fleet-prune")["metadata"]["labels"]

    assert label == manifest("Service")["spec"]["selector"]
    assert label == manifest("Deployment")["spec"]["selector"]["matchLabels"]
    assert label == manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    assert label != prunes
