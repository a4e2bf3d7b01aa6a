"""Messages: what a page may say on its socket, read so that nothing it sends can do harm."""

import json
from typing import Any, get_type_hints

from glassnet.errors import ParamError
from glassnet.overrides import Overrides, find_recipe, override
from glassnet.recipes import FIRST_NETWORK, Recipe

Message = dict[str, Any]

LARGEST = 2**53  # up to here a JavaScript number is exact
KINDS = {str: "a text", float: "a number", int: "a whole number"}


def parse(text: str | None) -> Message:
    """The JSON object that a text is.

    Raises:
        ParamError: it is none.

    Example:
        >>> parse('{"type": "ack", "seq": 7}')
        {'type': 'ack', 'seq': 7}
    """
    try:
        message = json.loads(text or "", parse_int=whole)
    except (ValueError, RecursionError) as error:
        raise ParamError("message", "no JSON text", "an object") from error
    if not isinstance(message, dict):
        raise ParamError("message", f"{message!r:.80}", "an object")
    return message


def whole(digits: str) -> float:
    """A whole number; one with more digits than a page can count to is a float."""
    return int(digits) if len(digits) < 20 else float(digits)


def number(message: Message, name: str, default: float, highest: float = LARGEST) -> float:
    """A number of a message, from 0.

    Raises:
        ParamError: it is something else.
    """
    value = message.get(name, default)
    if type(value) not in (int, float) or not 0 <= value <= highest:
        raise ParamError(name, f"{value!r:.80}", f"a number from 0 to {highest:g}")
    return value


def recipe_of(message: Message) -> Recipe:
    """The recipe that a `start` asks for: a name, and what is to be changed as in `glassnet train`.

    Raises:
        ParamError: there is no such recipe, or it cannot be changed so.

    Example:
        >>> recipe = recipe_of({"recipe": "nielsen-30", "layers": [784, 20, 10], "batch_size": 50})
        >>> recipe.layers, recipe.batch_size
        ((784, 20, 10), 50)
    """
    changes = {name: value for name, value in message.items() if name not in NO_CHANGES}
    options = Overrides(**{name: option(name, value) for name, value in changes.items()})
    try:
        return override(find_recipe(f"{message.get('recipe', FIRST_NETWORK.name)!s:.80}"), options)
    except ParamError as error:
        found = error.found.replace("--", "")
        raise ParamError("start", found, advice="mend this and start again") from error


NO_CHANGES = ("type", "recipe", "validation")
KNOWN = get_type_hints(Overrides)  # each of them is `a type | None`


def option(name: str, value: Any) -> Any:
    """An option of `start` as Overrides has it.

    Raises:
        ParamError: there is no such option, or it is of another type.
    """
    if name not in KNOWN:
        raise ParamError("start", f"an option {name!r:.80}", ", ".join(KNOWN))
    kind, _ = KNOWN[name].__args__
    if kind is str and isinstance(value, list):
        value = ",".join(map(str, value))
    if type(value) is int and kind is not int:
        value = kind(value)
    if value is not None and type(value) is not kind:
        raise ParamError(name, f"{value!r:.80}", KINDS[kind])
    return value
