"""``sojourn compare``: variants by file, by option and as scenarios; one table, one page, and what is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from sojourn.api.comparison import compare_scenarios, whatif
from tests.support.command_line import Command, sojourn

VARIANTS = """\
set: demand.volume=*8
variants:
  one more: agents.desk.staff=+1
  patient: ["intents.question.steps.call.patience=1 min", "agents.desk.staff=+0"]
"""


def test_a_file_of_variants_gives_one_table_and_one_page(folder: Path) -> None:
    (folder / "variants.yaml").write_text(VARIANTS, encoding="utf-8")
    done = sojourn(
        "compare", "desk.yaml", "--variants", "variants.yaml", "--kpi", "calls.abandonment", "-n", "20", "-p", "1",
        "--out", "out", cwd=folder,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "Abandonment rate, calls; 20 paired replications" in done.out
    assert '"one more" is best in Abandonment rate, calls, with a probability of over 99 %.' in done.out
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert page.index("is best in Abandonment rate") < page.index("<table>")
    assert "<code>agents.desk.staff=+1</code>" in page
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert list(manifest["variants"]) == ["baseline", "one more", "patient"]
    rows = json.loads((folder / "out" / "differences.json").read_text(encoding="utf-8"))
    with (folder / "out" / "differences.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["name"] for line in lines] == [row["name"] for row in rows]
    assert {row["name"] for row in rows} == {"one more", "patient"}
    assert (folder / "out" / "variant-2.json").exists()


def test_variants_of_options_are_named_by_their_changes_or_by_name(folder: Path) -> None:
    result = compare_scenarios(
        [folder / "desk.yaml"],
        changed=["agents.desk.staff=+1", "both: agents.desk.staff=+1; demand.volume=*0.9"],
        replications=3,
        processes=1,
        out=folder / "out",
    )
    assert result.comparison.names == ("desk", "agents.desk.staff=+1", "both")
    assert repr(result).startswith("<CompareResult: desk, agents.desk.staff=+1, both, ")
    assert not result.interrupted
    assert {row["name"] for row in result.as_dict()["differences"]} == {"agents.desk.staff=+1", "both"}


def test_whole_scenarios_are_compared_by_the_rows_that_both_have(folder: Path) -> None:
    text = (folder / "desk.yaml").read_text(encoding="utf-8")
    wider = text.replace("agents:\n", "agents:\n  helpers: {serves: [calls], staff: 1}\n")
    (folder / "wider.yaml").write_text(wider, encoding="utf-8")
    result = compare_scenarios(
        [folder / "wider.yaml", folder / "desk.yaml"], replications=3, processes=1, out=folder / "out"
    )
    groups = {row.key for row in result.comparison.index if row.by == "group"}
    assert groups == {"desk"}
    assert result.comparison.names == ("wider", "desk")


def test_a_whatif_is_the_comparison_with_one_variant(folder: Path) -> None:
    short = whatif(folder / "desk.yaml", ["agents.desk.staff=+1"], replications=5, processes=1, out=folder / "short")
    long = compare_scenarios(
        [folder / "desk.yaml"], changed=["agents.desk.staff=+1"], replications=5, processes=1, out=folder / "long"
    )
    only = long.comparison.differences[0]
    for name in ("baseline", "variant", "difference", "low", "high", "p"):
        assert list(getattr(short.differences, name)) == pytest.approx(list(getattr(only, name)), nan_ok=True), name


WRONG = {
    "nothing to compare with": (
        ["desk.yaml"],
        "desk.yaml: has nothing to compare with; give more scenarios, --variants FILE, or --variant PATH=VALUE",
    ),
    "no scenario": ([], "sojourn compare: needs a scenario, or --variants FILE that names one"),
    "twice the same name": (
        ["desk.yaml", "--variant", "a: agents.desk.staff=+1", "--variant", "a: agents.desk.staff=+2"],
        '--variant: "a" names more than one variant',
    ),
    "a wrong path": (
        ["desk.yaml", "--variant", "more: agents.desk.stafff=+1"],
        '--set agents.desk.stafff=+1: variant "more": "stafff" is not in agents.desk; did you mean "staff"?',
    ),
    "other intervals": (
        ["desk.yaml", "--variant", "longer: run.days=2"],
        'variant "longer": has other hours, days or intervals, so there is nothing to compare',
    ),
    "no such KPI": (
        ["desk.yaml", "--variant", "agents.desk.staff=+1", "--kpi", "calls.servce_level"],
        '--kpi: "calls.servce_level": "servce_level" is not a KPI; did you mean "service_level"',
    ),
    "the key after the KPI": (
        ["desk.yaml", "--variant", "agents.desk.staff=+1", "--kpi", "service_level.calls"],
        '--kpi: "service_level.calls": the key comes first; write calls.service_level',
    ),
    "no such key": (
        ["desk.yaml", "--variant", "agents.desk.staff=+1", "--kpi", "cals.service_level"],
        '--kpi: "cals.service_level": service_level has no key "cals"; did you mean "calls"?',
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_and_nothing_is_run(refused: Command, folder: Path, name: str) -> None:
    words, sentence = WRONG[name]
    done = refused("compare", *words, cwd=folder)
    assert done.code == 2
    assert sentence in done.err
    assert not (folder / "results").exists()


def test_more_variants_than_can_be_read_are_refused_as_options_too(refused: Command, folder: Path) -> None:
    words = [word for i in range(500) for word in ("--variant", f"v{i}: agents.desk.staff=+1")]
    done = refused("compare", "desk.yaml", *words, cwd=folder)
    assert done.code == 2
    assert "sojourn compare: 501 variants are too many, and the limit is 500; compare them in parts" in done.err


FILES = {
    "no variants": ("scenario: desk.yaml\n", "variants.yaml: variants: is missing"),
    "a misspelt key": (
        "scenario: desk.yaml\nvariants: {a: {sett: x=1}}\n",
        'variants.yaml:2: variants.a.sett: is not a key of this; did you mean "set"?',
    ),
    "no scenario": ("variants: {a: agents.desk.staff=+1}\n", "names no scenario; write scenario: FOLDER"),
    "the baseline's name": (
        "scenario: desk.yaml\nvariants: {baseline: agents.desk.staff=+1}\n",
        "variants.baseline: is the baseline's name; give it another",
    ),
    "two wrong variants": (
        "scenario: desk.yaml\nvariants: {a: agents.desk.staf=1, b: agents.desk.staff=x}\n",
        'variant "b"',
    ),
    "too many variants": (
        "scenario: desk.yaml\nvariants:\n" + "".join(f"  v{i}: agents.desk.staff=+1\n" for i in range(501)),
        "variants.yaml: 501 variants are too many, and the limit is 500; compare them in parts",
    ),
    "too many changes": (
        "scenario: desk.yaml\nset: [" + 30_000 * "name=a," + "]\nvariants: {a: name=b, b: name=c}\n",
        "variants.yaml: 60,002 changes are too many, and the limit is 50,000; write scenarios of their own",
    ),
    "too many changes of one": (
        "scenario: desk.yaml\nvariants: {a: [" + 10_001 * "name=a," + "]}\n",
        '--set: variant "a": 10,001 changes are too many, and the limit is 10,000; write a scenario of its own',
    ),
    "a list": ("- a\n", 'must hold keys such as "variants:" at its top; found a list'),
}


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_file_of_variants_is_refused(refused: Command, folder: Path, name: str) -> None:
    text, sentence = FILES[name]
    (folder / "variants.yaml").write_text(text, encoding="utf-8")
    done = refused("compare", "--variants", "variants.yaml", cwd=folder)
    assert done.code == 2
    assert sentence in done.err, done.err
