"""One file: the page, a model and some digits as a single HTML file that needs no server.

The modules of the page are joined into one script, each as a function of its own, because a page
from a file may not import. Weights and digits are packed as text. The page may load nothing: its
policy forbids it. The same model gives the same bytes.
"""

import base64
import gzip
import html
import json
import re
from pathlib import Path

import numpy as np

from glassnet import __version__, model_file
from glassnet.data.examples import Examples
from glassnet.errors import ParamError
from glassnet.model import Model
from glassnet.web import facts

STATIC = Path(__file__).parent / "static"
DIGITS = 500
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)


def make_page(model: Model, name: str, digits: Examples, precision: str = "float16") -> bytes:
    """The page with a model in it.

    Args:
        model: the model.
        name: what it is called.
        digits: test examples, of which 500 go along.
        precision: of the weights, float16 or float32.

    Returns:
        The bytes of an HTML file.
    """
    page = (STATIC / "index.html").read_text()
    style = (STATIC / "style.css").read_text()
    n = min(DIGITS, len(digits.x))
    rows = np.arange(n) * len(digits.x) // n
    chosen = digits.take(rows)
    labeled = np.column_stack([chosen.labels, chosen.x]).astype(np.uint8)
    about = {
        "name": name,
        "glassnet": __version__,
        "test": len(digits.x),
        "lines": facts.of_source(),
    }
    parts = {
        '<link rel="stylesheet" href="/static/style.css">': f"<style>\n{style}</style>",
        '<script type="module" src="/static/serve.js"></script>': policy(),
        '<div id="page"></div>': "\n".join(
            [
                '<div id="page"></div>',
                packed("weights", weights(model, precision)),
                packed("digits", labeled.tobytes()),
                script(
                    "facts",
                    json.dumps(about, sort_keys=True).replace("<", "\\u003c"),
                    "application/json",
                ),
                script("program", f"{joined('main')}\nmain.start();\n", "module"),
            ]
        ),
        "</noscript>": f"{card(model, name)}\n</noscript>",
    }
    for old, new in parts.items():
        if old not in page:
            raise LookupError(f"index.html has no {old}")
        page = page.replace(old, new)
    return page.encode()


def weights(model: Model, precision: str) -> bytes:
    """A model file with numbers of another type.

    Raises:
        ParamError: the type cannot hold them.
    """
    theta = model.params.theta
    with np.errstate(over="ignore"):
        rounded = theta.astype(precision)
    if not np.isfinite(rounded).all():
        found = f"a weight of {np.abs(theta).max():g}"
        raise ParamError("--precision", found, f"what {precision} can hold", "float32")
    return model_file.encode(model.network, model.params.like(rounded), model.about)


def policy() -> str:
    """What the page may load: nothing."""
    return f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'


def packed(id: str, content: bytes) -> str:
    """Bytes as text in a page, compressed; without the time, so that they are always the same."""
    text = base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
    return script(id, text, "text/plain")


def script(id: str, text: str, kind: str) -> str:
    """Text in a page that nothing in it can end before its end."""
    inert = text.replace("</", "<\\/").replace("<!--", "<\\!--")
    return f'<script id="{id}" type="{kind}">{inert}</script>'


def joined(entry: str) -> str:
    """A module and all it imports, in the order in which they need each other."""
    modules: dict[str, str] = {}

    def add(name: str) -> None:
        if name in modules:
            return
        source = (STATIC / f"{name}.js").read_text()
        for _, needed in IMPORT.findall(source):
            add(needed)
        modules[name] = as_function(name, source)

    add(entry)
    return "\n".join(modules.values())


def as_function(name: str, source: str) -> str:
    """A module as a constant that holds what it exports."""
    exports = ", ".join(found for _, found in EXPORT.findall(source))
    body = IMPORT.sub(r"const {\1} = \2;\n", source)
    body = EXPORT.sub(r"\1 \2", body)
    return f"const {name} = (() => {{\n{body}return {{ {exports} }};\n}})();"


def card(model: Model, name: str) -> str:
    """What a reader without JavaScript gets to know."""
    widths = "-".join(map(str, model.network.layers))
    facts_of_model = {"model": name, "network": widths, **model.training}
    lines = "\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in facts_of_model.items())
    return f"<pre>{html.escape(lines)}</pre>"
