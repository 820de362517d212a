"""JSON schemas: generated from the types of requests and answers, and said in plain words."""

from collections.abc import Mapping
from types import GenericAlias
from typing import Any

from pydantic import ConfigDict, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from orchestrator.core.json_codec import write

__all__ = ["Schema", "SchemaGenerator", "needed", "schema_at", "view", "views"]

Schema = Mapping[str, Any]

_NULL: Schema = {"type": "null"}
_NOUNS = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "an object", "null": "null",
}  # fmt: skip
_BOUNDS = (
    ("minLength", "maxLength", "of", " characters"),
    ("minItems", "maxItems", "of", " elements"),
    ("minimum", "maximum", "from", ""),
)


class SchemaGenerator(GenerateJsonSchema):
    """Generates schemas whose titles are the plain words for what a type takes, such as "a time of day"."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave out titles that repeat a member's name."""
        del schema
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out the ``None`` that stands for a member that is missing."""
        shown = super().default_schema(schema)
        if shown.get("default", ...) is None:
            del shown["default"]
        return shown

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Leave out the name of the class."""
        return _without_title(super().model_schema(schema))

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Describe the names of all members, instead of those members alone that have such a name."""
        shown = super().dict_schema(schema)
        if patterns := shown.pop("patternProperties", None):
            (shown["additionalProperties"],) = patterns.values()
            shown["propertyNames"] = self.generate_inner(schema["keys_schema"])
        return shown


def _without_title(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {name: value for name, value in schema.items() if name != "title"}


def schema_at(schema: Schema, step: str | int | None, definitions: Schema) -> Schema:
    """Return the schema of a part of a value.

    Parameters
    ----------
    schema
        Of the value.
    step
        The name of a member, the number of an element, the tag of an alternative (see `_has_tag`), or ``None`` for the
        whole value.
    definitions
        The schemas that references lead to.
    """
    inner: Any = schema
    if isinstance(step, int):
        inner = schema["items"]
    elif step is not None and "oneOf" in schema:
        alternatives = [schema_at(alternative, None, definitions) for alternative in schema["oneOf"]]
        inner = next((alternative for alternative in alternatives if _has_tag(alternative, step)), alternatives[0])
    elif step is not None:
        inner = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    if not isinstance(inner, dict):
        return {}
    if "$ref" in inner:
        referred: Schema = definitions[inner["$ref"].rpartition("/")[2]]
        return referred
    others = [alternative for alternative in inner.get("anyOf", ()) if alternative != _NULL]
    return schema_at(others[0], None, definitions) if len(others) == 1 else inner


def _has_tag(schema: Schema, tag: str) -> bool:
    """Return whether an alternative is that of a tag: its JSON type, or the value of one of its members."""
    return schema["type"] == tag or any(member.get("const") == tag for member in schema.get("properties", {}).values())


def needed(schema: Schema) -> str:
    """Return what a value must be, such as ``a whole number from 0 to 1000 is needed``."""
    examples = [part["examples"][0] for part in (schema, *schema.get("anyOf", ())) if "examples" in part]
    return f"{_words(schema)} is needed" + (f", such as {examples[0]}" if examples else "")


def _words(schema: Schema) -> str:
    """Return the plain words for the values that a schema allows."""
    if alternatives := schema.get("anyOf", schema.get("oneOf")):
        return " or ".join(map(_words, alternatives))
    if "title" in schema or "const" in schema:
        return str(schema["title"]) if "title" in schema else write(schema["const"])
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    noun = _NOUNS.get(schema.get("type", ""), "another value")
    for least, most, preposition, things in _BOUNDS:
        if most in schema:
            low, high = (f"{schema.get(bound, 0):.16g}" for bound in (least, most))
            return f"{noun} {preposition} {low} to {high}{things}"
    return noun


def view(name: str, /, *optional: str, **members: Any) -> Any:
    """Return the type of an object of an answer, for the OpenAPI document: it has no other members.

    Parameters
    ----------
    name
        Of the schema.
    *optional
        Members that may be missing.
    **members
        The type of each member.
    """
    fields: dict[str, Any] = {
        member: (type_, None if member in optional else ...) for member, type_ in members.items()
    }  # fmt: skip
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def views(name: str, /, *optional: str, **members: Any) -> Any:
    """Return the type of a list of objects, see `view`."""
    return GenericAlias(list, view(name, *optional, **members))
