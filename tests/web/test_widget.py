import json
from dataclasses import replace

import numpy as np
import pytest
from web.hands import SEVEN, draw
from web.test_one_file import settled

from glassnet.errors import ParamError
from glassnet.model import load_model
from glassnet.web.widget import DrawDigit

HOST = """(values) => {
  const bytes = Uint8Array.from(atob(values.file), (letter) => letter.charCodeAt(0));
  window.values = { ...values, file: new DataView(bytes.buffer) };
  const url = URL.createObjectURL(new Blob([values.esm], { type: "text/javascript" }));
  const host = document.createElement("div");
  document.body.append(host);
  window.saved = 0;
  const model = {
    get: (name) => window.values[name],
    set: (name, value) => (window.values[name] = value),
    save_changes: () => (window.saved += 1),
  };
  return import(url).then((module) => module.default.render({ model, el: host }));
}"""


def test_what_is_drawn_in_a_notebook_comes_to_python(page, run):
    import base64

    widget = DrawDigit()
    file = base64.b64encode(widget.file).decode()
    page.evaluate(HOST, {"file": file, "style": widget.style, "esm": str(widget._esm)})
    assert page.get_by_test_id("verdict").text_content() == "Draw a digit."
    draw(page, SEVEN)
    settled(page)
    names = ["pixels", "strokes", "probabilities", "prediction"]
    values = json.loads(
        page.evaluate(f"() => JSON.stringify({json.dumps(names)}.map((n) => values[n]))")
    )
    for name, value in zip(names, values, strict=True):
        setattr(widget, name, value)
    assert widget.prediction == "7"
    assert widget.picture.shape == (28, 28) and widget.picture.any()
    assert abs(sum(widget.probabilities) - 1) < 1e-6
    assert len(widget.strokes) == 1
    saved = page.evaluate("() => window.saved")
    page.get_by_test_id("undo").click()
    settled(page)
    assert page.evaluate("() => window.values.prediction") == ""
    assert page.evaluate("() => window.saved") == saved + 1


def test_before_anything_is_drawn_the_picture_is_paper():
    assert not DrawDigit().picture.any()
    assert DrawDigit().picture.dtype == np.uint8


def test_a_model_that_tells_no_classes_reads_no_drawings():
    with pytest.raises(ParamError, match=r"without classes"):
        DrawDigit(replace(load_model(engine="reference"), classes=()))
