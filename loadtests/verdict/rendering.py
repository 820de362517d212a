"""Rendering of a verdict for CI systems: JUnit XML and Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from loadtests.verdict.model import Stage, Status

if TYPE_CHECKING:
    from loadtests.verdict.model import Check, Verdict

__all__ = ["SENTENCES", "cell_text", "junit_xml", "mark_of", "markdown"]

SENTENCES = {
    Status.PASS: "Passed",
    Status.OBJECTIVE_MISSED: "Objective missed",
    Status.REGRESSION: "Regression",
    Status.INVALID: "Invalid: this result cannot be judged",
    Status.INCONCLUSIVE: "Inconclusive",
}
_MARKS = {"ok": "ok", "failed": "**failed**", "not measured": "not measured"}
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(verdict: Verdict) -> str:
    """Return a verdict as JUnit XML: one test case per check; an error if invalid, skipped if not measured."""
    failures = [check for check in verdict.failures if check.stage != Stage.VALIDITY]
    counts = {
        "tests": str(len(verdict.checks)),
        "failures": str(len(failures)),
        "errors": str(len(verdict.failures) - len(failures)),
        "skipped": str(sum(not check.measured for check in verdict.checks)),
    }
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": _clean(verdict.title), **counts})
    for check in verdict.checks:
        names = {"classname": f"sojourn.{check.stage}", "name": _clean(check.name)}
        case = ET.SubElement(suite, "testcase", {**names, "time": f"{check.seconds or 0.0:.6f}"})
        if not check.measured:
            ET.SubElement(case, "skipped", {"message": _clean(check.message)})
        elif check.passed:
            ET.SubElement(case, "system-out").text = _clean(check.message)
        else:
            tag = "error" if check.stage == Stage.VALIDITY else "failure"
            first = check.message.split("\n", 1)[0]
            failed = ET.SubElement(case, tag, {"type": str(verdict.status), "message": _clean(first)})
            failed.text = _clean(check.message)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def markdown(verdict: Verdict) -> str:
    """Return a verdict as Markdown: the status, the messages of failed checks, and a table of all checks."""
    parts = [f"# {SENTENCES[verdict.status]}: {_cell(verdict.title)}\n"]
    parts += [_in_full(check) for check in verdict.failures]
    parts += [f"\n{note}\n" for note in verdict.notes]
    parts.append("\n| | check | found | wanted |\n|---|---|---|---|\n")
    parts += [
        f"| {_MARKS[mark_of(check)]} | {_cell(check.name)} | {_cell(check.actual)} | {_cell(check.wanted)} |\n"
        for check in verdict.checks
    ]
    return _clean("".join(parts))


def _in_full(check: Check) -> str:
    """Return a failed check's message, with a code block for the lines after the first."""
    first, _, rest = check.message.partition("\n")
    return f"\n- **{check.name}**: {first}\n" + (f"\n```\n{rest}\n```\n" if rest else "")


def mark_of(check: Check) -> str:
    """Return ``ok``, ``failed`` or ``not measured``."""
    if not check.measured:
        return "not measured"
    return "ok" if check.passed else "failed"


def cell_text(value: object) -> str:
    """Return a value as the text of a table's cell, in one line."""
    if value is None:
        return ""
    return " ".join((f"{value:.6g}" if isinstance(value, float) else str(value)).split())


def _cell(value: object) -> str:
    """Return a value as the text of a cell in Markdown."""
    return cell_text(value).replace("|", "\\|")


def _clean(text: str) -> str:
    """Return text without the characters that XML cannot hold."""
    return NOT_XML.sub("\ufffd", text)
