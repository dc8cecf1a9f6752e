"""What is in deploy/: it can be read by what it is for, and names only what there is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.samples import Sample

from gateway.settings import from_environment
from server.settings import read_settings, require_encryption
from tests.system.health import SERVING, watch
from tests.system.processes import ROOT, free_port, running, serving, wait_for_http
from tests.system.scrape import scrape
from tests.system.sessions import LIST, new_sessions

DEPLOY = ROOT / "deploy"
MANIFESTS = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
ALERTS = [
    rule for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
DASHBOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
QUERIES = {
    **{rule["alert"]: rule["expr"] for rule in ALERTS},
    **{
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    },
}
BY_PROMETHEUS = {"job", "instance", "le"}
"""Labels that a scrape adds, or that are of every histogram."""


def of_kind(kind: str) -> list[dict[str, Any]]:
    """The manifests of a kind; what is in one is another project's to say."""
    return [manifest for manifest in MANIFESTS if manifest["kind"] == kind]


def test_every_setting_that_is_named_exists() -> None:
    read = {
        name
        for part in ("server", "gateway")
        for name in re.findall(r'"(EVERRUNS_[A-Z_]+)"', (ROOT / part / "settings.py").read_text())
    }
    files = [path for path in DEPLOY.rglob("*") if path.is_file()]
    named = {name for path in files for name in re.findall(r"EVERRUNS_[A-Z_]+", path.read_text())}
    assert len(named) > 10
    assert named <= read


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Sample]]:
    """What a server and a gateway tell that have done something of each kind."""
    directory = tmp_path_factory.mktemp("told")
    grpc, http = free_port(), free_port()
    with serving(directory, EVERRUNS_METRICS_PORT=str(grpc)) as (process, channel):
        sessions = new_sessions(directory, channel)
        sessions.create()
        sessions.answer(LIST)
        watched = watch(channel)
        assert next(watched) == SERVING
        port = str(free_port())
        settings = {
            "EVERRUNS_GRPC_PORT": str(process.grpc_port),
            "EVERRUNS_HTTP_PORT": port,
            "EVERRUNS_HTTP_METRICS_PORT": str(http),
        }
        with running(["gateway"], directory, **settings) as gateway:
            url = f"http://127.0.0.1:{port}"
            wait_for_http(url, gateway)
            httpx.get(f"{url}/v1/sessions", trust_env=False)
            yield [*scrape(grpc), *scrape(http)]


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_names_metrics_and_labels_that_exist(query: str, samples: list[Sample]) -> None:
    expression = re.sub(r'"[^"]*"', '""', QUERIES[query])
    names = set(re.findall(r"\b(?:everruns_|process_)[a-z_]+|\bup\b", expression))
    assert names
    told = {sample.name for sample in samples} | {"up"}
    assert names <= told
    grouped = ",".join(re.findall(r"\bby \(([^)]*)\)", expression))
    matched = ",".join(re.findall(r"{([^}]*)}", expression))
    labels = set(re.findall(r"\w+", grouped)) | set(re.findall(r"(\w+)\s*[=!]", matched))
    theirs = {label for sample in samples if sample.name in names for label in sample.labels}
    assert labels <= theirs | BY_PROMETHEUS
    assert expression.count("(") == expression.count(")")


def test_the_runbook_says_what_each_alert_means() -> None:
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    names = [rule["alert"] for rule in ALERTS]
    assert len(set(names)) == len(names) > 5
    assert [name for name in names if name not in headings] == []
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"]
        assert re.fullmatch(r"\d+m", rule["for"])
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"


def test_the_dashboards_panels_do_not_overlap() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


def test_the_pods_of_kubernetes() -> None:
    deployments = of_kind("Deployment")
    assert {manifest["metadata"]["name"] for manifest in deployments} == {
        "everruns-server",
        "everruns-gateway",
    }
    for manifest in deployments:
        spec = manifest["spec"]
        template = spec["template"]
        assert spec["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        # Calls in flight have 30 seconds.
        assert pod["terminationGracePeriodSeconds"] > 30
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert len(container[probe].keys() & {"grpc", "httpGet", "tcpSocket"}) == 1
        # A store that is away must not have the processes killed that wait for it.
        assert "tcpSocket" in container["livenessProbe"]
        assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys()
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_the_services_of_kubernetes_lead_to_its_pods() -> None:
    pods = {manifest["metadata"]["name"]: manifest["spec"]["template"] for manifest in of_kind("Deployment")}
    services = of_kind("Service")
    for service in services:
        pod = pods[service["metadata"]["name"]]
        assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        ports = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    alone = [service for service in services if service["spec"].get("clusterIP") == "None"]
    assert [service["metadata"]["name"] for service in alone] == ["everruns-server"]
    budgets = {budget["metadata"]["name"] for budget in of_kind("PodDisruptionBudget")}
    assert budgets == set(pods)


def test_the_compose_file() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert services.keys() == {"postgres", "server", "gateway"}
    for name in ("server", "gateway"):
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        # They speak plain text here, so nothing is reached from elsewhere.
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert service["depends_on"].keys() <= services.keys()
    assert "ports" not in services["postgres"]


def test_the_image() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    steps = re.sub(r"\\\n\s*", "", text).splitlines()
    of: dict[str, list[str]] = {}
    for step in steps:
        if step and not step.startswith("#"):
            word, _, rest = step.partition(" ")
            of.setdefault(word, []).append(rest)
    assert len(of["FROM"]) == 2
    assert of["USER"] == ["10001:10001"]
    assert "--require-hashes" in of["RUN"][0]
    assert of["HEALTHCHECK"][0].endswith('CMD ["python", "-m", "server", "health"]')
    assert of["STOPSIGNAL"] == ["SIGTERM"]
    copied = [rest.split()[0] for rest in of["COPY"] if not rest.startswith("--from")]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    sent = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{source}" for source in copied} <= set(sent)
    assert sent[0] == "*"
    # Both processes of it start, though they listen beyond the container.
    variables = dict(word.split("=", 1) for word in of["ENV"][-1].split() if word.startswith("EVERRUNS_"))
    require_encryption(read_settings(variables))
    assert from_environment(variables).http_host == "0.0.0.0"


UNITS = sorted((DEPLOY / "systemd").iterdir())


@pytest.mark.parametrize("unit", UNITS, ids=[unit.name for unit in UNITS])
def test_the_units_of_systemd(unit: Path) -> None:
    text = unit.read_text()
    assert re.match(r"\[Unit\]\nDescription=.+\n", text)
    if unit.suffix == ".service":
        assert "User=everruns\n" in text
        assert "NoNewPrivileges=yes\n" in text
    if analyze := shutil.which("systemd-analyze"):
        found = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, timeout=60)
        # What the units start is installed where they run, not here.
        elsewhere = ("is not executable: No such file or directory", "Unit everruns-")
        said = [line for line in found.stderr.splitlines() if not any(part in line for part in elsewhere)]
        assert said == []
