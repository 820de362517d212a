"""Rendering of a verdict for CI systems: JUnit XML and Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from loadtests.verdict.model import Mark, Stage, Status

if TYPE_CHECKING:
    from loadtests.verdict.model import Check, Verdict

__all__ = ["SENTENCES", "cells", "junit_xml", "markdown"]

SENTENCES = {
    Status.PASS: "Passed",
    Status.OBJECTIVE_MISSED: "Objective missed",
    Status.REGRESSION: "Regression",
    Status.INVALID: "Invalid: this result cannot be judged",
    Status.INCONCLUSIVE: "Inconclusive",
}
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(verdict: Verdict) -> str:
    """Return a verdict as JUnit XML, one test case per check.

    What is invalid is an error, and what was not measured, not judged or not settled is skipped. What is not settled is
    a failure if the verdict is strict.

    Parameters
    ----------
    verdict
        Of a result.
    """
    tags = [_junit_tag(check, verdict) for check in verdict.checks]
    plural = {"failure": "failures", "error": "errors", "skipped": "skipped"}
    counts = {"tests": str(len(tags)), **{name: str(tags.count(tag)) for tag, name in plural.items()}}
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": _clean(verdict.title), **counts})
    for check, tag in zip(verdict.checks, tags, strict=True):
        names = {"classname": f"sojourn.{check.stage}", "name": _clean(check.name)}
        case = ET.SubElement(suite, "testcase", {**names, "time": f"{check.seconds or 0.0:.6f}"})
        first = _clean(_first_line(check))
        attributes = {"system-out": {}, "skipped": {"message": first}}
        part = ET.SubElement(case, tag, attributes.get(tag, {"type": str(check.status), "message": first}))
        part.text = _clean(check.message)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _junit_tag(check: Check, verdict: Verdict) -> str:
    """Return the element by which a test case says how it ended."""
    if check.mark == Mark.OK:
        return "system-out"
    if check.mark == Mark.FAILED:
        return "error" if check.stage == Stage.VALIDITY else "failure"
    return "failure" if check.mark == Mark.INCONCLUSIVE and verdict.strict else "skipped"


def markdown(verdict: Verdict) -> str:
    """Return a verdict as Markdown: the status, the outcome, the messages of what is not ok, and a table of all checks.

    Parameters
    ----------
    verdict
        Of a result.
    """
    parts = [f"# {SENTENCES[verdict.status]}: {_escaped(verdict.title)}\n"]
    parts += [f"\n{sentence}\n" for sentence in verdict.outcome]
    parts += [_in_full(check) for check in verdict.checks if check.mark != Mark.OK]
    parts += [f"\n{note}\n" for note in verdict.notes]
    parts.append("\n| | check | found | wanted |\n|---|---|---|---|\n")
    parts += [
        f"| {_mark(check)} | {_escaped(check.name)} | {' | '.join(map(_escaped, cells(check)))} |\n"
        for check in verdict.checks
    ]
    return _clean("".join(parts))


def _in_full(check: Check) -> str:
    """Return a check's message, with a code block for the lines after the first."""
    rest = check.message.partition("\n")[2]
    return f"\n- **{check.name}**: {_first_line(check)}\n" + (f"\n```\n{rest}\n```\n" if rest else "")


def _first_line(check: Check) -> str:
    """Return the first line of a check's message, after its mark where that is neither ok nor failed."""
    first = check.message.partition("\n")[0]
    plain = check.mark in {Mark.OK, Mark.FAILED} or first.startswith(check.mark)
    return first if plain else f"{check.mark}: {first}"


def _mark(check: Check) -> str:
    """Return a check's mark, bold if it failed."""
    return f"**{check.mark}**" if check.mark == Mark.FAILED else str(check.mark)


def cells(check: Check) -> tuple[str, str]:
    """Return what was found and what was wanted as the text of a table's cells; times are in ms.

    Parameters
    ----------
    check
        Of a verdict.
    """
    return _found_text(check.actual, check), _found_text(check.wanted, check)


def _found_text(value: object, check: Check) -> str:
    """Return a value of a check as text."""
    if check.seconds is not None and isinstance(value, float):
        return f"{1e3 * value:.4g} ms" if value < 10.0 else f"{1e3 * value:,.0f} ms"
    return _cell_text(value)


def _cell_text(value: object) -> str:
    """Return a value as text in one line."""
    if value is None:
        return ""
    return " ".join((f"{value:.6g}" if isinstance(value, float) else str(value)).split())


def _escaped(text: str) -> str:
    """Return text for a cell in Markdown."""
    return _cell_text(text).replace("|", "\\|")


def _clean(text: str) -> str:
    """Return text without the characters that XML cannot hold."""
    return NOT_XML.sub("\ufffd", text)
