"""What an export and an import, and a preview and a create, have in common."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from server.core.agent import Agent
from server.core.store import Store
from server.rpc import encode
from tests.unit.test_agent_document import AGENTS
from tests.wire.cases.case import Case
from tests.wire.cases.good_agents import AGENTS as GOOD
from tests.wire.harness.call import TRANSPORTS, Call, Client
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.render import render
from tests.wire.harness.tenant import new_organization, with_agent
from tests.wire.test_cases import made
