"""`python -m server keys …`: keys on the command line, for whoever has the database."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from datetime import UTC, datetime

from server.core.audit import Actor
from server.core.caller import ApiKey, Scope
from server.core.clock import SystemClock
from server.core.ids import format_id, parse_id
from server.core.page import LARGEST_SIZE, PageRequest
from server.core.store import Store
from server.usecases.create_key import CreateKey
from server.usecases.list_keys import ListKeys
from server.usecases.revoke_key import RevokeKey
from server.usecases.rotate_key import DEFAULT_GRACE_SECONDS, RotateKey

_COLUMNS = ("id", "name", "scopes", "created", "expires", "last used", "revoked")


def add_arguments(keys: argparse.ArgumentParser) -> None:
    """Adds the actions and what each takes."""
    actions = keys.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make a key and print its secret, once")
    create.add_argument("--org", required=True, help="the organization, made if there is none of the name")
    create.add_argument("--name", default="cli", help="a name to know the key by")
    every = ",".join(Scope)
    create.add_argument("--scopes", default="read,write", help=f"any of {every}; default: read,write")
    create.add_argument("--expires-at", type=_time, metavar="TIME", help="as 2030-12-31T00:00:00Z")
    listing = actions.add_parser("list", help="print an organization's keys, the newest first")
    listing.add_argument("--revoked", action="store_true", help="revoked ones too")
    rotate = actions.add_parser("rotate", help="give a key a new secret and print that, once")
    help = f"how long the secret of before works on; default: {DEFAULT_GRACE_SECONDS}"
    rotate.add_argument(
        "--grace-seconds", type=_seconds, default=DEFAULT_GRACE_SECONDS, metavar="SECONDS", help=help
    )
    revoke = actions.add_parser("revoke", help="end a key, everywhere within 5 seconds")
    for action in (listing, rotate, revoke):
        action.add_argument("--org", required=True, help="the organization")
    for action in (rotate, revoke):
        action.add_argument("key_id", help="as `keys list` has it")


def run(chosen: argparse.Namespace, store: Store) -> Iterator[str]:
    """The lines that an action prints.

    Raises ValueError for an organization that there is not, a scope or an id that is none, and what the
    use cases raise.
    """
    clock, actor = SystemClock(), Actor(f"keys {chosen.action}")
    if chosen.action == "create":
        scopes = [Scope(scope) for scope in chosen.scopes.split(",")]
        yield CreateKey(store, clock)(chosen.org, chosen.name, scopes, chosen.expires_at, actor).key
        return
    organization = store.keys.find_organization(chosen.org)
    if organization is None:
        raise ValueError(f"there is no organization {chosen.org}")
    match chosen.action:
        case "list":
            yield "\t".join(_COLUMNS)
            yield from map(_line, _all_keys(ListKeys(store), organization.id, chosen.revoked))
        case "rotate":
            id = parse_id("key", chosen.key_id)
            yield RotateKey(store, clock)(organization.id, id, chosen.grace_seconds, math.inf, actor).secret
        case "revoke":
            id = parse_id("key", chosen.key_id)
            RevokeKey(store, clock)(organization.id, id, None, math.inf, actor)


def _all_keys(list_keys: ListKeys, organization_id: bytes, revoked: bool) -> Iterator[ApiKey]:
    page = list_keys(organization_id, revoked, PageRequest(LARGEST_SIZE))
    yield from page.items
    while page.next is not None:
        page = list_keys(organization_id, revoked, PageRequest(LARGEST_SIZE, after=page.next))
        yield from page.items


def _line(key: ApiKey) -> str:
    scopes = ",".join(scope for scope in Scope if scope in key.scopes)
    times = map(_shown, (key.created_at, key.expires_at, key.last_used_at, key.revoked_at))
    name = "".join(sign if sign.isprintable() else "?" for sign in key.name)
    return "\t".join((format_id("key", key.id), name, scopes, *times))


def _shown(microseconds: int | None) -> str:
    if microseconds is None:
        return "-"
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(text: str) -> int:
    """Microseconds since 1970 of a time in RFC 3339."""
    try:
        moment: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f'must be a time and its zone, 2030-12-31T00:00:00Z, not "{text}"')
    return int(moment.timestamp()) * 1_000_000


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) > 30 * DEFAULT_GRACE_SECONDS:
        raise argparse.ArgumentTypeError("must be a number of seconds, at most 30 days")
    return int(text)
