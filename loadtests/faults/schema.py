"""Schema of a file of faults, and its reader."""

from __future__ import annotations

import shlex
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sim.core.errors import InvalidInput, Problem, near
from sim.core.units import Duration
from sim.scenario.document import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

__all__ = ["Fault", "Faults", "Kill", "KillWorker", "Reset", "Slow", "Stall", "read_faults"]

_Instant = Annotated[Duration, Field(ge=0.0)]
_Length = Annotated[Duration, Field(gt=0.0)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Stall(_Model):
    """A time in which nothing passes, in either direction; connections stay open."""

    kind: Literal["stall"]
    at: _Instant
    lasts: _Length = Field(alias="for")


class Slow(_Model):
    """A time in which the link is slow."""

    kind: Literal["slow"]
    at: _Instant
    lasts: _Length = Field(alias="for")
    delay: Duration = Field(default=0.0, ge=0.0)  # of each piece of data, in each direction
    rate: float | None = Field(default=None, gt=0.0)  # bytes per second of each connection and direction

    @model_validator(mode="after")
    def _is_slow(self) -> Slow:
        if self.delay == 0.0 and self.rate is None:
            raise ValueError("is not slow; give delay, rate or both")
        return self


class Reset(_Model):
    """A moment at which every open connection is reset."""

    kind: Literal["reset"]
    at: _Instant


class Kill(_Model):
    """SIGKILL of the endpoint; it is started again after a while."""

    kind: Literal["kill"]
    at: _Instant
    lasts: _Length = Field(alias="for")  # until it is started again


class KillWorker(_Model):
    """SIGKILL of a worker of the generator."""

    kind: Literal["kill_worker"]
    at: _Instant
    worker: int = Field(ge=1)


Fault = Stall | Slow | Reset | Kill | KillWorker


class Faults(_Model):
    """The faults of a run; ``at`` counts from its start."""

    command: tuple[str, ...] = ()  # starts the endpoint; needed for kills
    faults: tuple[Annotated[Fault, Field(discriminator="kind")], ...] = Field(min_length=1, max_length=1000)

    @field_validator("command", mode="before")
    @classmethod
    def _split(cls, command: object) -> object:
        return shlex.split(command) if isinstance(command, str) else command

    @model_validator(mode="after")
    def _can_kill(self) -> Faults:
        kills = sorted((each.at, each.at + each.lasts) for each in self.faults if isinstance(each, Kill))
        if kills and not self.command:
            raise ValueError("a kill needs command, by which the endpoint is started, e.g. sojourn serve --port 8080")
        if any(end > begin for (_, end), (begin, _) in pairwise(kills)):
            raise ValueError("two kills overlap; an endpoint that is down cannot be killed")
        return self


def read_faults(file: Path, workers: int) -> Faults:
    """Read a file of faults.

    Parameters
    ----------
    file
        YAML, with ``faults`` and, for kills, ``command``.
    workers
        Processes that send.

    Raises
    ------
    InvalidInput
        It cannot be read, or is of another form; all problems at once.
    """
    document = read_yaml(file, "faults")
    try:
        faults = Faults.model_validate(document.data)
    except ValidationError as error:
        problems = []
        for each in error.errors(include_url=False):
            path = tuple(part for part in each["loc"] if part not in _KINDS)
            problems.append(Problem(str(file), ".".join(map(str, path)), _message(each), document.line(path)))
        raise InvalidInput(problems) from None
    unknown = [
        Problem(str(file), f"faults.{number}.worker", f"there is no worker {each.worker} of {workers}; see --workers")
        for number, each in enumerate(faults.faults)
        if isinstance(each, KillWorker) and each.worker > workers
    ]
    if unknown:
        raise InvalidInput(unknown)
    return faults


_KINDS: Final[dict[str, type[BaseModel]]] = {
    "stall": Stall,
    "slow": Slow,
    "reset": Reset,
    "kill": Kill,
    "kill_worker": KillWorker,
}


def _message(details: ErrorDetails) -> str:
    """Say what is wrong, and what would be right."""
    if details["type"] == "extra_forbidden":
        model = _KINDS.get(str(details["loc"][-2])) if len(details["loc"]) > 1 else Faults
        fields = (model or Faults).model_fields
        known = [field.alias or name for name, field in fields.items()]
        return f'"{details["loc"][-1]}" is not known here; {near(str(details["loc"][-1]), known)}'
    if details["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return f"kind is one of {', '.join(_KINDS)}"
    return "is missing" if details["type"] == "missing" else details["msg"].removeprefix("Value error, ")
