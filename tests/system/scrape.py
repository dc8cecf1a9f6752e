"""What a process tells at its port for metrics."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


def scrape(port: int) -> list[Sample]:
    """Every sample there is."""
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=20)
    assert answer.status_code == 200
    return [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]


def total(samples: list[Sample], name: str, labels: Mapping[str, str] | None = None) -> float:
    """The sum of the samples of a name that have these labels."""
    wanted = (labels or {}).items()
    return sum(sample.value for sample in samples if sample.name == name and wanted <= sample.labels.items())


def by_label(samples: list[Sample], name: str, label: str) -> dict[str, float]:
    """The samples of a name, added up by the value of a label."""
    found: dict[str, float] = {}
    for sample in samples:
        if sample.name == name:
            found[sample.labels[label]] = found.get(sample.labels[label], 0) + sample.value
    return found
