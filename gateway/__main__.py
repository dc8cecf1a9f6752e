"""`python -m gateway` serves REST; `python -m gateway call …` calls the service once.

What the one needs is imported for it alone: a call starts in a fraction of a second.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Returns the exit status."""
    if sys.argv[1:2] == ["call"]:
        from gateway.call import command
        from gateway.call.terminal import Terminal

        return command.main(sys.argv[2:], Terminal.of_process())
    from gateway import serve

    return serve.main()


if __name__ == "__main__":
    sys.exit(main())
