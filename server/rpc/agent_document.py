"""An agent as a document: Markdown with YAML before it, text, YAML or JSON. `ImportAgentRequest` in
`agent_service.proto` says how a document is read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto

import yaml

from everruns.v1 import agent_pb2
from server.core.agent import Agent
from server.core.errors import Reason, ServiceError, Violation, invalid
from server.core.json import JsonObject
from server.core.layer import CapabilityConfig, Mode
from server.rpc.document_fields import fill
from server.rpc.document_tree import Plain, Tree, read_json, read_yaml, unreadable
from server.rpc.proto_options import fields_of, is_output_only, is_required
from server.rpc.validate import violations_of

CONTENT_TYPE = "text/markdown; charset=utf-8"
"""What `write` writes."""

_NAME_OF_THE_NAMELESS = "imported-agent"
_LONGEST_NAME_MADE = 64
_FIELDS = fields_of(agent_pb2.AgentSpec)
_OUTPUT_ONLY = frozenset(name for name, field in fields_of(agent_pb2.Agent).items() if is_output_only(field))
_OPENING = re.compile(r"---[ \t]*(\r?\n)")
_CLOSING = re.compile(r"^---[ \t]*(\r?\n|\Z)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.{0,200})", re.MULTILINE)
# Possessive, since a text may be nothing but empty lines.
_FIRST_KEY = re.compile(r"(?:(?:[ \t]*+(?:#.*+)?+|---[ \t]*+)\r?\n)*+[A-Za-z_][\w-]*+[ \t]*+:(?:\s|\Z)")
_OWN_KEY = re.compile(
    rf"^(?:{'|'.join(name for name, field in _FIELDS.items() if is_required(field))})[ \t]*:(?:\s|\Z)",
    re.MULTILINE,
)
_WIDEST = 2**30


class _Kind(Enum):
    PROSE = auto()
    YAML = auto()
    JSON = auto()


_KINDS = {
    "text/markdown": _Kind.PROSE,
    "text/x-markdown": _Kind.PROSE,
    "application/yaml": _Kind.YAML,
    "application/x-yaml": _Kind.YAML,
    "text/yaml": _Kind.YAML,
    "text/x-yaml": _Kind.YAML,
    "application/json": _Kind.JSON,
}


@dataclass(frozen=True, slots=True)
class AgentDocument:
    """What a document sets of an agent, within all limits, and whether the name is its own."""

    spec: agent_pb2.AgentSpec
    named: bool


def read(content_type: str, data: bytes) -> AgentDocument:
    """The agent of a document.

    Raises UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT, and violations of its fields, all of them at once.
    """
    kind = _kind_of_type(content_type)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable("is not UTF-8", data.count(b"\n", 0, error.start) + 1) from None
    if not text.strip():
        raise unreadable("the document is empty")
    spec, violations = agent_pb2.AgentSpec(), list[Violation]()
    match kind or _kind_of_text(text):
        case _Kind.JSON:
            fill(spec, _mapping(read_json(text)), violations, _OUTPUT_ONLY)
        case _Kind.YAML:
            fill(spec, _mapping(read_yaml(text)), violations, _OUTPUT_ONLY)
        case _Kind.PROSE:
            return _prose(text)
    return _checked(spec, violations, named=True)


def write(agent: Agent) -> str:
    """The Markdown that `read` makes the same agent of, but for its id."""
    head = {
        "name": agent.name,
        "display_name": agent.display_name,
        "description": agent.description,
        "default_model_id": agent.default_model_id,
        "tags": list(agent.tags),
        "capabilities": [_entry(entry) for entry in agent.capabilities.entries],
        "max_iterations": agent.max_iterations,
    }
    given = {key: value for key, value in head.items() if value not in (None, [])}
    text = yaml.dump(given, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDEST)
    return f"---\n{text}---\n\n{agent.system_prompt}\n"


def _entry(entry: CapabilityConfig) -> JsonObject:
    said: JsonObject = {"ref": entry.ref}
    if entry.config is not None:
        said["config"] = entry.config
    if entry.mode is not Mode.INCLUDE:
        said["mode"] = entry.mode.value
    if entry.locked:
        said["locked"] = [*entry.locked]
    return said


def _kind_of_type(content_type: str) -> _Kind | None:
    """What a content type says, None where the document itself must show it."""
    media_type, *parameters = [part.strip() for part in content_type.lower().split(";")]
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise ServiceError(Reason.UNSUPPORTED_MEDIA_TYPE, "the document must be in UTF-8")
    if media_type in _KINDS:
        return _KINDS[media_type]
    if not media_type or media_type.startswith("text/"):
        return None
    text = (
        "the document must be declared as text/markdown, another text, application/yaml or application/json"
    )
    raise ServiceError(Reason.UNSUPPORTED_MEDIA_TYPE, text)


def _kind_of_text(text: str) -> _Kind:
    opening = _OPENING.match(text)
    if opening and _CLOSING.search(text, opening.end()):
        return _Kind.PROSE
    if text.lstrip().startswith("{"):
        return _Kind.JSON
    return _Kind.YAML if _FIRST_KEY.match(text) and _OWN_KEY.search(text) else _Kind.PROSE


def _prose(text: str) -> AgentDocument:
    opening = _OPENING.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening else None
    spec, violations = agent_pb2.AgentSpec(), list[Violation]()
    if opening and closing:
        end_of_line = opening[1]
        fill(spec, _mapping(read_yaml(text[opening.end() : closing.start()], 2)), violations, _OUTPUT_ONLY)
        body = text[closing.end() :].removeprefix(end_of_line).removesuffix(end_of_line)
    else:
        body = text.removesuffix("\n").removesuffix("\r")
    if not spec.system_prompt:
        spec.system_prompt = body
    elif body.strip():
        where = "is there twice, before the text and as the text"
        violations.append(Violation("system_prompt", where, Reason.INVALID_FIELD))
    named = bool(spec.name)
    if not named:
        spec.name = _name_of(spec.system_prompt)
    return _checked(spec, violations, named)


def _checked(spec: agent_pb2.AgentSpec, violations: list[Violation], named: bool) -> AgentDocument:
    # What could not be read is not missing, too.
    known = {violation.field for violation in violations}
    violations += [violation for violation in violations_of(spec) if violation.field not in known]
    if violations:
        raise invalid(violations)
    return AgentDocument(spec, named)


def _mapping(tree: Tree) -> dict[str, Tree]:
    if tree is None or (isinstance(tree, Plain) and tree.value() is None):
        return {}
    if not isinstance(tree, dict):
        raise unreadable("an agent must be keys and values")
    return tree


def _name_of(prompt: str) -> str:
    """A name made of the first heading."""
    heading = _HEADING.search(prompt)
    title = unicodedata.normalize("NFKD", heading[1]).encode("ascii", "ignore").decode() if heading else ""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words[:_LONGEST_NAME_MADE].rstrip("-") or _NAME_OF_THE_NAMELESS


class _Dumper(yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper):  # type: ignore[misc]
    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # In double quotes everything can be written, and nothing is taken for a number.
    plain = text.isprintable() and Plain(text).value() == text
    node: yaml.ScalarNode = dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style=None if plain else '"'
    )
    return node


_Dumper.add_representer(str, _represent_text)
