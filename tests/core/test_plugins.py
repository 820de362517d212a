"""Plug-ins are modules that define a certain name; they are found, not listed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import routing
from sim import channels, distributions
from sim.core.plugins import found_in


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the name of a package with two plug-ins and a module that is none."""
    home = tmp_path / "menagerie"
    home.mkdir()
    modules = {"__init__": "", "zebra": "ANIMAL = 'stripes'", "ape": "ANIMAL = 'arms'", "cage": "BARS = 9"}
    for module, text in modules.items():
        (home / f"{module}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "menagerie"
    for module in [name for name in sys.modules if name.split(".")[0] == "menagerie"]:
        del sys.modules[module]


def test_modules_with_the_name_are_found_in_alphabetical_order(package: str) -> None:
    assert list(found_in(package, "ANIMAL").items()) == [("ape", "arms"), ("zebra", "stripes")]


def test_a_new_file_is_all_that_a_new_plug_in_needs(package: str, tmp_path: Path) -> None:
    (tmp_path / package / "bear.py").write_text("ANIMAL = 'fur'", encoding="utf-8")
    assert list(found_in(package, "ANIMAL")) == ["ape", "bear", "zebra"]


def test_a_plug_in_that_does_not_import_is_an_error_not_an_absence(package: str, tmp_path: Path) -> None:
    (tmp_path / package / "bear.py").write_text("import a_module_that_is_not_there", encoding="utf-8")
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
        found_in(package, "ANIMAL")


@pytest.mark.parametrize(
    ("plugins", "package", "base"),
    [
        (channels.channels, channels, {"channel", "catalogue"}),
        (
            distributions.laws,
            distributions,
            {"law", "own_law", "any_law", "minimum", "conditional", "table", "draw", "catalogue"},
        ),
        (routing.policies, routing, {"policy", "catalogue"}),
    ],
)
def test_every_file_of_ours_is_a_plug_in_but_the_one_that_says_what_it_is(
    plugins: Callable[[], dict[str, object]], package: ModuleType, base: set[str]
) -> None:
    files = {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(plugins()) == files - base
    assert len(plugins()) >= 2


def test_plug_ins_go_by_the_names_of_their_files() -> None:
    assert all(channel.name == name for name, channel in channels.channels().items())
    assert all(law.model_fields["law"].annotation.__args__ == (name,) for name, law in distributions.laws().items())
