"""Calibration: the noise of a machine, learnt by comparing an endpoint with itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from loadtests.verdict.load_baseline import is_duet, setting_text
from loadtests.verdict.pairs import Noise
from loadtests.verdict.results import ALIKE, read_json
from sim.core.checksums import checksum_problems
from sim.core.errors import InvalidInput, Problem

__all__ = ["read_noise"]


def read_noise(folder: Path, manifest: Mapping[str, Any], *, duet: bool = False) -> dict[str, Noise]:
    """Read the noise of a machine.

    Parameters
    ----------
    folder
        The result of ``sojourn duel --calibrate``.
    manifest
        Of the duel that needs it.
    duet
        Whether that runs both at once.

    Returns
    -------
    dict
        Noise by measure.

    Raises
    ------
    InvalidInput
        It is no calibration, damaged, or of another machine or load; all problems at once.
    """
    problems: list[Problem] = []
    kept, calibrated = (read_json(folder / name, dict, problems) for name in ("duel.json", "manifest.json"))
    if problems:
        raise InvalidInput(problems)
    if not kept.get("calibration") or not kept.get("noise"):
        message = "is no valid calibration that ended; make one with sojourn duel --calibrate"
        raise InvalidInput([Problem(str(folder), "", message)])
    problems += checksum_problems(folder, ("manifest.json", "duel.json"))
    problems += [
        Problem(str(folder), name, f"the calibration has {setting_text(theirs)}, the duel {setting_text(ours)}")
        for name in ALIKE
        if (theirs := calibrated.get(name)) != (ours := manifest.get(name))
    ]
    modes = ["side by side" if each else "in turns" for each in (is_duet(kept), duet)]
    if modes[0] != modes[1]:
        problems.append(Problem(str(folder), "duet", f"the calibration ran {modes[0]}, the duel runs {modes[1]}"))
    if problems:
        raise InvalidInput([*problems, Problem(str(folder), "", "calibrate anew on this machine with these settings")])
    try:
        return TypeAdapter(dict[str, Noise]).validate_python(kept["noise"])
    except ValidationError:
        raise InvalidInput([Problem(str(folder / "duel.json"), "noise", "is damaged; calibrate anew")]) from None
