"""Short forms of fields in the JSON Schema: names of files, and entries without their keys."""

from __future__ import annotations

from typing import Any

__all__ = ["AlsoShort"]


class AlsoShort:
    """Addition to the JSON Schema of lists of entries: the short forms."""

    def __init__(self, *forms: dict[str, Any]) -> None:
        self.forms = forms

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        return {"anyOf": [handler(core), *self.forms]}
