"""Commands of the rules, and the question what they would decide."""

from orchestrator.http.command import Command
from orchestrator.rules import models

__all__ = ["Activate", "Deactivate", "DryRun", "PutRules"]


class PutRules(Command):
    """Store a new version of a tenant's rules, and make it the active one, if that is asked."""

    body: models.NewRules


class Activate(Command):
    """Make a version the active one."""

    body: models.ActiveVersion


class Deactivate(Command):
    """Have no rules active."""


class DryRun(Command):
    """Say what a version would decide; nothing is stored."""

    version: str
    body: models.DryRun
