"""JSON Schema 2020-12: a schema compiled once, and what is wrong with a value, in words for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from server.core.json import JsonObject, JsonValue

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MOST_ECHOED = 80
# Comparing words costs far more than checking them, so a hostile config gets few hints.
_LONGEST_COMPARED = 100
_MOST_COMPARED = 20
_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """Something that a schema refuses.

    `path` leads to the value, or to the key that is unknown or missing; `message` goes on where the path
    ends: "must be at least 1". A value or limit quoted in it is cut at 80 characters.
    """

    path: tuple[str | int, ...]
    message: str


class SchemaError(Exception):
    """A schema that cannot be used: `path` leads to what is wrong in it, `reason` says what."""

    def __init__(self, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.reason}" if self.path else self.reason


class Schema:
    """A compiled JSON Schema of objects. Immutable and thread-safe.

    Regular expressions run in time linear in the text, so look-around and back-references are refused.
    `format` is checked where it is one that JSON Schema defines (2020-12 Validation, section 7.3).
    References lead to the schema itself or to the published meta-schemas: nothing is ever fetched.
    """

    def __init__(self, schema: JsonObject) -> None:
        """Raises SchemaError when it is not JSON Schema 2020-12 whose `type` is `object`."""
        if schema.get("type") != "object":
            raise SchemaError(("type",), 'must be "object"')
        if schema.get("$schema", DIALECT) != DIALECT:
            raise SchemaError(("$schema",), f'must be "{DIALECT}", or left out')
        try:
            self._validator = Draft202012Validator(
                schema, pattern_options=RegexOptions(), validate_formats=True, offline=True
            )
        except ValidationError as error:
            raise _schema_error(error) from error
        except ValueError as error:
            raise SchemaError((), f"cannot be used: {_cut(str(error))}") from error
        self._schema = schema

    def problems(self, value: JsonObject) -> list[ConfigProblem]:
        """Everything that the schema refuses in a value, sorted by path, each once; [] when nothing."""
        errors = self._validator.iter_errors(value)
        found = {problem for error in errors for problem in _problems(self._schema, value, error)}
        return sorted(found, key=_order)


def dotted(path: Iterable[str | int]) -> str:
    """A path as people write it: `tools[1].parameters.type`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known word that is most like this one, empty when none is."""
    match = nearest(word, known)
    return f"; did you mean {match}?" if match else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one; None when none is, or it has more than 100 characters."""
    if len(word) > _LONGEST_COMPARED:
        return None
    return next(iter(get_close_matches(word, list(known), n=1)), None)


def _order(problem: ConfigProblem) -> tuple[list[tuple[int, str]], str]:
    steps = [(step, "") if isinstance(step, int) else (-1, step) for step in problem.path]
    return steps, problem.message


def _schema_error(error: ValidationError) -> SchemaError:
    match error.kind:
        case Kind.Referencing():
            reason, _, _ = error.message.partition(" and retrieving it failed")
            return SchemaError((), f"has a reference that leads nowhere: {_cut(reason)}")
        case Kind.Format(format="regex"):
            rule = "must be a regular expression without look-around and back-references"
            return SchemaError(tuple(error.instance_path), f"{rule}, not {_quoted(error.instance)}")
        case _:
            return SchemaError(tuple(error.instance_path), _message({}, error))


def _problems(schema: JsonObject, value: JsonValue, error: ValidationError) -> Iterator[ConfigProblem]:
    path = tuple(error.instance_path)
    match error.kind:
        case Kind.AdditionalProperties(unexpected=keys) | Kind.UnevaluatedProperties(unexpected=keys):
            known = _known_keys(_rule(schema, error))
            for place, key in enumerate(keys):
                hint = did_you_mean(key, known) if place < _MOST_COMPARED else ""
                yield ConfigProblem((*path, key), f"is not a known key{hint}")
        case Kind.FalseSchema() if isinstance(target := _at(value, path), dict) and target != error.instance:
            # An object that may have no key at all: the library tells of its first key, at the object's path.
            for key in target:
                yield ConfigProblem((*path, key), "is not a known key")
        case Kind.Required(property=key):
            yield ConfigProblem((*path, key), "is required")
        case Kind.PropertyNames(error=inner):
            key = str(inner.instance)
            yield ConfigProblem((*path, key), f"is a key that {_message(schema, inner)}")
        case _:
            yield ConfigProblem(path, _message(schema, error))


def _message(schema: JsonObject, error: ValidationError) -> str:
    match error.kind:
        case Kind.Type(types=types):
            return f"must be {' or '.join(_TYPES[name] for name in types)}"
        case Kind.Minimum(limit=limit):
            return f"must be at least {_quoted(limit)}"
        case Kind.Maximum(limit=limit):
            return f"must be at most {_quoted(limit)}"
        case Kind.ExclusiveMinimum(limit=limit):
            return f"must be more than {_quoted(limit)}"
        case Kind.ExclusiveMaximum(limit=limit):
            return f"must be less than {_quoted(limit)}"
        case Kind.MultipleOf(multiple_of=step):
            return f"must be a multiple of {_quoted(step)}"
        case Kind.MinLength(limit=count):
            return f"must have at least {_counted(count, 'character')}"
        case Kind.MaxLength(limit=count):
            return f"must have at most {_counted(count, 'character')}"
        case Kind.MinItems(limit=count):
            return f"must have at least {_counted(count, 'item')}"
        case Kind.MaxItems(limit=count):
            return f"must have at most {_counted(count, 'item')}"
        case Kind.MinProperties(limit=count):
            return f"must have at least {_counted(count, 'key')}"
        case Kind.MaxProperties(limit=count):
            return f"must have at most {_counted(count, 'key')}"
        case Kind.UniqueItems():
            return "must not have the same item twice"
        case Kind.Contains():
            return "lacks an item that it must have"
        case Kind.Enum(options=[option]) | Kind.Constant(expected_value=option):
            return f"must be {_quoted(option)}"
        case Kind.Enum(options=options):
            return f"must be one of {_cut(', '.join(map(_quoted, options)))}"
        case Kind.Pattern(pattern=pattern):
            title = _rule(schema, error).get("title")
            return f"is not a valid {title}" if title else f"must match {_cut(pattern)}"
        case Kind.Format(format=name):
            return f"is not a valid {name}"
        case Kind.AnyOf(context=branches) | Kind.OneOfNotValid(context=branches):
            return _none_fits(schema, error, branches)
        case Kind.OneOfMultipleValid():
            return "fits more than one of the forms of which exactly one is wanted"
        case Kind.UnevaluatedItems():
            return "has items that are not allowed"
        case Kind.FalseSchema() | Kind.Not():
            return "is not allowed"
        case kind:
            return f"does not satisfy {kind.name}"


def _none_fits(schema: JsonObject, error: ValidationError, branches: list[list[ValidationError]]) -> str:
    prefix = "must be "
    messages = [_message(schema, branch[0]) for branch in branches if len(branch) == 1]
    about_this = all(branch[0].instance_path == error.instance_path for branch in branches if branch)
    if about_this and len(messages) == len(branches) and all(m.startswith(prefix) for m in messages):
        return prefix + " or ".join(message.removeprefix(prefix) for message in messages)
    return "fits none of the forms that are allowed"


def _rule(schema: JsonObject, error: ValidationError) -> JsonObject:
    """The object within the schema whose keyword refused the value."""
    rule = _at(schema, error.schema_path[:-1])
    return rule if isinstance(rule, dict) else {}


def _at(value: JsonValue, path: Iterable[str | int]) -> JsonValue:
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
    return value


def _known_keys(rule: JsonObject) -> list[str]:
    properties = rule.get("properties")
    return list(properties) if isinstance(properties, dict) else []


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _quoted(value: object) -> str:
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_ECHOED else text[: _MOST_ECHOED - 1] + "…"
