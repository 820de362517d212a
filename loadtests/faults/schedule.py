"""Schedule of faults: in a thread of its own, beside the generator, they come about when they are due."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

from loadtests.faults.proxy import FaultProxy
from loadtests.faults.schema import KillWorker, Reset, Slow, Stall
from sim.core.errors import SojournError
from sim.core.units import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from loadtests.faults.endpoint import EndpointProcess
    from loadtests.faults.schema import Fault, Faults, Kill

__all__ = ["FaultRecord", "FaultSchedule"]


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """A fault that came about; seconds since the run's start."""

    kind: str
    begin: float
    end: float | None  # None = it is one moment, or the run ended before
    detail: str  # in words

    def __str__(self) -> str:
        """Return a phrase."""
        until = "" if self.end is None else f" to {self.end:.1f} s"
        return f"{self.detail} {'at' if self.end is None else 'from'} {self.begin:.1f} s{until}"


class FaultSchedule:
    """Proxy and faults of a run, while its context is entered.

    Parameters
    ----------
    faults
        What comes about, and when.
    to
        Host and port of the endpoint.
    first_due
        Seconds from the run's start until its first request is due: the clock is set by its first byte.
    endpoint
        Is killed and started again; None = there are no kills.
    worker
        Returns the process of a worker of the generator: 1, 2 ...
    """

    def __init__(
        self,
        faults: Faults,
        to: tuple[str, int],
        first_due: float,
        endpoint: EndpointProcess | None,
        worker: Callable[[int], int | None],
    ) -> None:
        self._faults, self._to, self._first_due = faults, to, first_due
        self._endpoint, self._worker = endpoint, worker
        self._records: list[FaultRecord] = []
        self._listening = Event()
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = Thread(target=self._serve, daemon=True)
        self._failure: BaseException | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait()
        if not self._port:
            self._thread.join()
            self._loop.close()
            raise self._failure or SojournError("the proxy of --faults cannot listen")
        return self

    def __exit__(
        self, error_class: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()
        self._loop.close()
        if self._failure is not None and error is None:
            raise self._failure

    @property
    def address(self) -> str:
        """Where the generator finds the proxy."""
        return f"127.0.0.1:{self._port}"

    @property
    def records(self) -> tuple[FaultRecord, ...]:
        """The faults that came about, in order."""
        return tuple(sorted(self._records, key=lambda record: record.begin))

    def _serve(self) -> None:
        """Run the loop in its thread; an error is raised where the context is left."""
        try:
            self._loop.run_until_complete(self._run())
        except BaseException as error:  # noqa: BLE001 - it is raised in the other thread
            self._failure = error
        finally:
            self._listening.set()

    async def _run(self) -> None:
        """Listen, and let the faults come about until told to end."""
        proxy = FaultProxy(*self._to)
        self._port = await proxy.listen()
        self._listening.set()
        first = asyncio.ensure_future(proxy.sent_first.wait())
        ending = asyncio.ensure_future(self._ending.wait())
        await asyncio.wait({first, ending}, return_when=asyncio.FIRST_COMPLETED)
        start = self._loop.time() - self._first_due
        try:
            await asyncio.gather(*(self._await(fault, proxy, start) for fault in self._faults.faults))
            await ending
        finally:
            first.cancel()
            ending.cancel()
            await proxy.close()

    async def _await(self, fault: Fault, proxy: FaultProxy, start: float) -> None:
        """Let a fault come about when it is due, and record it."""
        await self._pause(start + fault.at - self._loop.time())
        if self._ending.is_set():
            return
        begin = self._loop.time() - start
        detail = await self._apply(fault, proxy)
        momentary = isinstance(fault, Reset | KillWorker)
        self._records.append(FaultRecord(fault.kind, begin, None if momentary else self._loop.time() - start, detail))

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the run."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), max(seconds, 0.0))

    async def _apply(self, fault: Fault, proxy: FaultProxy) -> str:
        """Let a fault come about; return it in words."""
        if isinstance(fault, Stall):
            with proxy.stalled():
                await self._pause(fault.lasts)
            return "stall"
        if isinstance(fault, Slow):
            with proxy.slowed(fault.delay, fault.rate):
                await self._pause(fault.lasts)
            rate = "" if fault.rate is None else f", {fault.rate:g} bytes/s"
            return f"slow link ({1000 * fault.delay:g} ms{rate})"
        if isinstance(fault, Reset):
            return f"reset of {counted(proxy.reset(), 'connection')}"
        if isinstance(fault, KillWorker):
            return self._kill_worker(fault)
        return await self._kill(fault)

    async def _kill(self, fault: Kill) -> str:
        """Kill the endpoint, and start it again; that takes a while, in which the proxy goes on."""
        assert self._endpoint is not None
        await asyncio.to_thread(self._endpoint.kill)
        await self._pause(fault.lasts)
        try:
            await asyncio.to_thread(self._endpoint.restart)
        except SojournError as error:
            return f"endpoint killed (it did not come back: {error}), down"
        return "endpoint killed, down"

    def _kill_worker(self, fault: KillWorker) -> str:
        """Kill a worker of the generator."""
        process = self._worker(fault.worker)
        if process is None:
            return f"worker {fault.worker} could not be killed: it has not begun"
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        return f"worker {fault.worker} killed"
