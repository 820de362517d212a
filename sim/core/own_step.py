"""Own steps: a user's SimPy process in the customer's story, and what it sees."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from pydantic import create_model

from sim.core.model import Model
from sim.core.own_settings import fields_of_parameters

__all__ = ["Floor", "OwnStep", "Process", "StepSettings", "StepVisit", "step"]

Process = Generator[Any, Any, str | None]
"""A step's process: it yields what `StepVisit` offers, and returns a result, a target of `next`, or None."""

T = TypeVar("T")
P = ParamSpec("P")


class Floor(Protocol):
    """Queues and agents, as a step sees them."""

    def waiting(self, queue: str) -> int:
        """Return how many contacts wait in a queue."""

    def is_open(self, queue: str) -> bool:
        """Return whether a queue takes contacts now."""

    def idle(self, group: str) -> int:
        """Return how many agents of a group have no contact."""

    def on_duty(self, group: str) -> int:
        """Return how many agents of a group are on duty."""


class StepVisit(Protocol):
    """Visit of a customer to a step, as the step's process sees it.

    What a process waits for is yielded: ``yield visit.wait(30.0)``, ``refused = yield visit.reach_agent()``.
    """

    @property
    def now(self) -> float:
        """Elapsed seconds since midnight of the first day."""

    @property
    def time_of_day(self) -> float:
        """Seconds of the wall clock since midnight."""

    @property
    def day(self) -> int:
        """Day of the run, from 1."""

    @property
    def weekday(self) -> str:
        """Weekday, such as ``"Monday"``."""

    @property
    def segment(self) -> str:
        """The customer's segment."""

    @property
    def attempt(self) -> int:
        """Number of the customer's visits to the step, this one included."""

    @property
    def waited(self) -> float:
        """Seconds that the customer has waited in queues so far."""

    @property
    def context_kept(self) -> bool:
        """Whether this step's channel knows the history of the journey."""

    @property
    def floor(self) -> Floor:
        """Queues and agents."""

    @property
    def log(self) -> list[Any]:
        """All touchpoints so far, in the order in which they began, with the attributes of the log; only to read."""

    @property
    def environment(self) -> Any:
        """The SimPy environment, for timeouts and resources of one's own."""

    def shared(self, name: str, make: Callable[[Any], T]) -> T:
        """Return an object that all visits of a replication share, made of the environment at first."""

    def chance(self, name: str) -> float:
        """Return a random number of (0, 1), keyed by the customer, the visit, the step and the name."""

    def draw(self, law: str) -> float:
        """Return a value of one of the step's laws by its key, such as ``"time"`` or ``"talk"``, in seconds."""

    def wait(self, seconds: float) -> Any:
        """Let time pass without an agent; to be yielded."""

    def reach_agent(self) -> Any:
        """Come to the step's queue and wait; to be yielded, which gives the result if no agent was reached."""

    def serve(self) -> Any:
        """Be served for the step's talk and hold; to be yielded, which gives "failed" if the call drops."""

    def talk(self, seconds: float) -> Any:
        """Let the agent go on; to be yielded."""

    def hold(self, seconds: float) -> Any:
        """Let the agent go on while the customer is on hold; to be yielded."""


class StepSettings(Model):
    """Name of a step's process, and its settings."""

    step: str


class OwnStep:
    """A step of a user's package.

    Parameters
    ----------
    process
        Function of a `StepVisit` and of settings, which is a generator, or returns at once.
    """

    def __init__(self, process: Callable[..., Any]) -> None:
        self.process = process
        fields = fields_of_parameters(process, 1, {"step"})
        self.settings: type[StepSettings] = create_model("StepSettings", __base__=StepSettings, **fields)  # type: ignore[call-overload]


def step(process: Callable[Concatenate[StepVisit, P], Process | str | None]) -> OwnStep:
    """Make a step of a function.

    Parameters
    ----------
    process
        Function of a `StepVisit`, and of settings that the scenario gives by name. It yields what it waits for. It
        returns a result ("passed", "handled", "failed"), a target of the step's `next`, or None, which is "passed" or
        "handled".

    Returns
    -------
    OwnStep
        What the `process` of a step in a scenario names.
    """
    return OwnStep(process)
