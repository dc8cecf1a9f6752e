"""Several gateway processes behind one listening socket, under uvicorn's supervisor."""

from __future__ import annotations

import os
import signal
import socket
from functools import partial

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess


def run_workers(config: uvicorn.Config, listener: socket.socket) -> int:
    """Serves in `config.workers` processes until SIGTERM or SIGINT, then drains them all.

    A process that dies, or has not answered the supervisor for `config.timeout_worker_healthcheck`
    seconds, is replaced. Returns the exit status: 0, or uvicorn's own when a process cannot start. It is
    called in the main thread, and leaves uvicorn's signal handlers behind.
    """
    config.callback_notify = partial(_end_with, os.getpid())
    config.timeout_notify = 1
    supervisor = _Supervisor(config, [listener])
    supervisor.run()
    failed = any(worker.exitcode == STARTUP_FAILURE for worker in supervisor.processes)
    return STARTUP_FAILURE if failed else 0


class _Supervisor(Multiprocess):
    def keep_subprocess_alive(self) -> None:
        # While the supervisor has a process's end of their pipe open, too, it waits for the answer of one
        # that has died.
        for worker in self.processes:
            worker.child_conn.close()
        super().keep_subprocess_alive()

    def terminate_all(self) -> None:
        # While one process has the socket open, clients can connect to it and wait for nobody.
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


async def _end_with(parent: int) -> None:
    # A parent that was killed leaves nobody to drain this process, so it does so itself.
    if os.getppid() != parent:
        signal.raise_signal(signal.SIGTERM)
