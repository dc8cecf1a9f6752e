"""How properties are tested: in CI with the same examples every time, elsewhere with new ones.

Hypothesis takes the profile "ci" by itself where it finds a CI's variables; `--hypothesis-profile=ci` does
too. Neither profile measures time: a busy machine must not fail a test.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    print_blob=True,
    database=None,
)
