"""Metrics for Prometheus: counted in plain lists with each request, and rendered only when Prometheus asks.

A process has one event loop, so no lock is needed, and a request costs a look-up and three additions.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

__all__ = ["CONTENT", "Gauge", "Histogram", "Metrics"]

CONTENT: Final = b"text/plain; version=0.0.4; charset=utf-8"
"""The media type of the text format of Prometheus."""

SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure that is read when Prometheus asks: its values by labels."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]


class Histogram:
    """A histogram.

    Parameters
    ----------
    bounds
        Upper bounds of the buckets, ascending; a last bucket takes greater values.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """Return the cumulative counts as Prometheus wants them."""
        names = [str(bound) for bound in self.bounds] + ["+Inf"]
        return list(zip(names, accumulate(self.counts), strict=True))


class Metrics:
    """The metrics of a service, in a registry of its own."""

    def __init__(self) -> None:
        self.commit = Histogram(SECONDS)
        self.batch = Histogram(SECONDS)
        self.size = Histogram(SIZES)
        self.waited = Histogram(SECONDS)
        self.events = {"applied": 0, "duplicate": 0, "refused": 0}
        self.refused: dict[str, int] = {}
        self._requests: dict[tuple[str, int], Histogram] = {}
        self._gauges: Iterable[Gauge] = ()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Parameters
        ----------
        route
            Method and path template, such as ``POST /v1/journeys``; never a path of a client.
        status
            Of its answer.
        seconds
            From its headers to its answer.
        """
        histogram = self._requests.get((route, status))
        if histogram is None:
            histogram = self._requests[route, status] = Histogram(SECONDS)
        histogram.add(seconds)

    def text(self, gauges: Iterable[Gauge] = ()) -> bytes:
        """Return all metrics in the text format of Prometheus.

        Parameters
        ----------
        gauges
            As read just now.
        """
        self._gauges = gauges
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the families; the registry asks for them."""
        latency = HistogramMetricFamily(
            "sojourn_request_seconds", "Time of a request, by route and status", labels=("route", "status")
        )
        for (route, status), histogram in sorted(self._requests.items()):
            latency.add_metric((route, str(status)), histogram.buckets(), histogram.total)
        yield latency
        yield _histogram("sojourn_commit_seconds", "Time until a batch was on the disk", self.commit)
        yield _histogram("sojourn_batch_seconds", "Time of a batch: applied and committed", self.batch)
        yield _histogram("sojourn_commit_wait_seconds", "Wait of the first of a batch for its turn", self.waited)
        yield _histogram("sojourn_batch_commands", "Commands in a batch", self.size)
        yield _counter("sojourn_events", "Journey events by what became of them", "result", self.events)
        yield _counter("sojourn_refusals", "Refused requests by kind of problem", "kind", self.refused)
        for gauge in self._gauges:
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
            for labels, value in gauge.values.items():
                family.add_metric(labels, value)
            yield family


def _histogram(name: str, text: str, histogram: Histogram) -> Metric:
    """Return a histogram without labels."""
    family = HistogramMetricFamily(name, text)
    family.add_metric((), histogram.buckets(), histogram.total)
    return family


def _counter(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    """Return a counter with one label."""
    family = CounterMetricFamily(name, text, labels=(label,))
    for value, number in sorted(values.items()):
        family.add_metric((value,), number)
    return family
