"""Command of the command line, which takes numbers as people write them."""

from __future__ import annotations

import math
import re
from typing import Any, get_args, get_type_hints

import typer
from typer.core import TyperCommand

__all__ = ["Command"]

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


class Command(TyperCommand):
    """Refuse numbers that only Python takes: ``1_0`` for 10, ``nan``, ``inf``, digits of other scripts."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look at the numbers among the arguments, and parse all of them."""
        if not ctx.resilient_parsing:  # which completes a line that is not yet finished
            words, _, _ = self.make_parser(ctx).parse_args(list(args))
            hints = get_type_hints(self.callback)
            parameter: Any
            for parameter in self.params:
                text, hint = words.get(str(parameter.name)), hints.get(str(parameter.name))
                if isinstance(text, str) and (problem := _problem(text, hint)):
                    raise typer.BadParameter(f'"{text[:60]}" {problem}', ctx=ctx, param=parameter)
        return super().parse_args(ctx, args)


def _problem(text: str, hint: object) -> str:
    """Return what is wrong with a number; empty if nothing is, or if the parameter is none."""
    if int in (hint, *get_args(hint)) and not _WHOLE.fullmatch(text):
        return "is not a whole number of up to 18 digits; write it like 10"
    if float in (hint, *get_args(hint)) and not _is_finite(text):
        return "is not a number; write it like 10 or 2.5"
    return ""


def _is_finite(text: str) -> bool:
    from sim.core.units import parse_number  # here, because `--help` does without

    try:
        return math.isfinite(parse_number(text))
    except ValueError:
        return False
