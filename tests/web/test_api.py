"""What a page can ask for by HTTP, each answer held against the Python that it comes from."""

import io
from math import log
from pathlib import Path

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from web.serving import served

from glassnet.data.pictures import picture_from_image
from glassnet.model import SHIPPED, load_model
from glassnet.recipes import RECIPES
from glassnet.web.api import MAX_BODY

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture(scope="module")
def server():
    with served() as running:
        yield running


@pytest.fixture(scope="module")
def ask(server):
    """The JSON of an answer that is one."""

    def ask(url, **options):
        answer = server.client.request("POST" if "content" in options else "GET", url, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def test_the_page_and_its_files_are_there(server):
    page = server.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert server.client.get("/static/index.html").text == page.text


def test_a_model_is_sent_as_the_file_it_is(server, ask):
    (about,) = ask("/api/models")
    assert (about["name"], about["layers"]) == ("many-hands", [784, 256, 128, 10])
    assert about["training"]["recipe"] == "many-hands"
    assert server.client.get(f"/api/models/{about['id']}").content == SHIPPED.read_bytes()


def test_it_says_which_data_it_has(server, ask):
    about = ask("/api/data")
    assert about["name"] == "scikit-learn's digits"
    assert (about["train"], about["test"]) == (1618, 179)


def test_recipes_come_with_what_could_be_changed(ask):
    recipes = {recipe["recipe"]: recipe for recipe in ask("/api/recipes")}
    assert recipes.keys() == RECIPES.keys()
    assert recipes["nielsen-30"]["learning_rate"] == 3.0
    assert recipes["ten-hidden"]["batch_size"] is None


def rows(answer):
    """Labels and pixels of an answer of digits."""
    table = np.frombuffer(answer.content, np.uint8).reshape(-1, 785)
    return table[:, 0], table[:, 1:]


@pytest.mark.parametrize("split", ["test", "train"])
def test_digits_are_a_label_and_784_pixels_each(server, split):
    examples = getattr(server.data, split)
    ids = [5, 0, 5, 178]
    query = {"split": split, "ids": ",".join(map(str, ids))}
    labels, pixels = rows(server.client.get("/api/digits", params=query))
    np.testing.assert_array_equal(labels, examples.labels[ids])
    np.testing.assert_array_equal(pixels, examples.x[ids])


@pytest.mark.parametrize("n", [0, 1, 50, 179])
def test_a_sample_is_spread_evenly_over_all_digits(server, n):
    labels, pixels = rows(server.client.get("/api/digits", params={"sample": n}))
    ids = [i * 179 // n for i in range(n)]
    np.testing.assert_array_equal(labels, server.data.test.labels[ids])
    np.testing.assert_array_equal(pixels, server.data.test.x[ids])


def test_an_evaluation_is_what_the_model_says(server, ask):
    told = ask("/api/evaluation/0")
    test = server.data.test
    predictions = load_model().predict(test.x)
    np.testing.assert_array_equal(told["predictions"], predictions)
    np.testing.assert_array_equal(told["labels"], test.labels)
    assert told["accuracy"] == pytest.approx((predictions == test.labels).mean())
    assert told["interval"][0] < told["accuracy"] < told["interval"][1]
    confusion = np.array(told["confusion"])
    assert (confusion.sum(), confusion.trace()) == (179, (predictions == test.labels).sum())
    assert 0 <= told["calibration_error"] < 0.2


def test_mistakes_are_the_wrong_answers_the_worst_first(server, ask):
    told = ask("/api/evaluation/0")
    mistakes = told["mistakes"]
    wrong = np.flatnonzero(np.array(told["predictions"]) != told["labels"])
    assert {mistake["id"] for mistake in mistakes} == set(wrong.tolist())
    losses = [mistake["loss"] for mistake in mistakes]
    assert losses == sorted(losses, reverse=True)
    for mistake in mistakes:
        p = load_model().predict_proba(server.data.test.x[mistake["id"]])[0]
        assert mistake["loss"] == pytest.approx(-log(p[mistake["label"]]), rel=1e-4)
        assert mistake["predicted"] == p.argmax() != mistake["label"]


def test_a_check_tells_the_numbers_of_the_equations_written_neuron_by_neuron(server, ask):
    picture, target = server.data.test.x[3], 8
    told = ask("/api/check/0", params={"target": target}, content=picture.tobytes())
    params = load_model().params
    W, b = ([array.astype(float).tolist() for array in arrays] for arrays in (params.W, params.b))
    x, y = (picture / 255).tolist(), np.eye(10)[target].tolist()
    z, a = naive.forward(W, b, ["relu", "relu"], x)
    loss, dW, db = naive.loss_and_gradient(W, b, ["relu", "relu"], "cross_entropy", [x], [y])
    close = {"rtol": 1e-9, "atol": 1e-12}
    for layer, expected in zip(told["activations"], a, strict=False):
        np.testing.assert_allclose(layer, expected, **close)
    np.testing.assert_allclose(told["logits"], z[-1], **close)
    np.testing.assert_allclose(told["output"], naive.softmax(z[-1]), **close)
    assert told["loss"] == pytest.approx(loss, rel=1e-9)
    for l in range(3):
        np.testing.assert_allclose(told["gradient"]["b"][l], db[l], **close)
        norm = np.sqrt(np.square(dW[l]).sum())
        assert told["gradient"]["W_norms"][l] == pytest.approx(norm, rel=1e-9)


@pytest.mark.parametrize(
    ("query", "content"),
    [
        ({"target": 3}, bytes(783)),
        ({"target": 3}, b""),
        ({"target": 10}, bytes(784)),
        ({"target": "three"}, bytes(784)),
        ({}, bytes(784)),
    ],
)
def test_what_cannot_be_checked_is_said(server, query, content):
    answer = server.client.post("/api/check/0", params=query, content=content)
    assert answer.status_code == 422
    assert answer.json()["code"] == "PARAM"
    assert answer.json()["expected"]


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def drawing(height, width):
    paper = np.full((height, width), 240, np.uint8)
    paper[height // 4 : height // 2, width // 3 : width // 2] = 20
    return png(paper)


@pytest.mark.parametrize(("height", "width"), [(60, 40), (400, 900), (30, 30)])
def test_an_uploaded_image_is_shown_on_its_way_to_the_picture_python_makes_of_it(
    ask, height, width
):
    content = drawing(height, width)
    told = ask("/api/picture", content=content)
    np.testing.assert_array_equal(told["picture"], picture_from_image(content))
    assert (told["height"], told["width"]) == (height, width)
    ink = np.array(told["ink"])
    assert max(ink.shape) <= 140
    assert ink.shape[0] / ink.shape[1] == pytest.approx(height / width, rel=0.05)
    top, left, bottom, right = told["box"]
    assert (top, left) == (height // 4, width // 3)
    assert (bottom, right) == (height // 2, width // 2)
    square20 = np.array(told["square20"])
    assert square20.shape == (20, 20)
    middle = np.arange(20) + 0.5
    expected = (square20.sum(1) @ middle, square20.sum(0) @ middle) / square20.sum()
    assert told["center"] == pytest.approx(expected.tolist())


NO_PICTURES = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "nothing": b"",
    "text": b"seven",
    "half a png": png(np.random.default_rng(0).integers(256, size=(50, 50), dtype=np.uint8))[:999],
    "pickle": b"\x80\x04.",
    "blank paper": png(np.full((50, 50), 255, np.uint8)),
    "a huge one": png(np.zeros((1, 5000), np.uint8)),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_an_upload_that_is_no_picture_is_refused_in_words(server, name):
    answer = server.client.post("/api/picture", content=NO_PICTURES[name])
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert told["code"] == "PICTURE"
    assert told["found"]
    assert told["advice"]
    assert "script" not in answer.text


def test_the_source_is_what_the_files_hold(ask):
    told = ask("/api/source")
    assert {"forward", "backward", "relu", "softmax", "cross_entropy_error"} <= told.keys()
    for excerpt in told.values():
        lines = (SOURCE / excerpt["file"]).read_text().splitlines(keepends=True)
        text = excerpt["text"].splitlines(keepends=True)
        assert text == lines[excerpt["line"] - 1 :][: len(text)]
        assert text[0].lstrip().startswith("def ")


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/api/models/7", 404),
        ("/api/models/many-hands.safetensors", 404),
        ("/api/models/-1", 404),
        ("/api/evaluation/x", 404),
        ("/api/nothing", 404),
        ("/nothing", 404),
        ("/api/digits", 422),
        ("/api/digits?ids=179", 422),
        ("/api/digits?ids=-1", 422),
        ("/api/digits?ids=1,,2", 422),
        ("/api/digits?ids=1e3", 422),
        ("/api/digits?sample=180", 422),
        ("/api/digits?split=validation&ids=0", 422),
        ("/api/picture", 405),
    ],
)
def test_what_there_is_not_is_said(server, url, status):
    answer = server.client.get(url)
    assert answer.status_code == status
    assert answer.json()["found"]


TRAVERSALS = [
    "/static/../server.py",
    "/static/%2e%2e/server.py",
    "/static/..%2fserver.py",
    "/static/%2e%2e%2f%2e%2e%2ferrors.py",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/..\\server.py",
    "/api/models/..%2f..%2fserver.py",
    "/api/models/%2fetc%2fpasswd",
    "/../../../../etc/passwd",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_page(server, path):
    # As bytes, so that the client does not tidy the path up.
    request = server.client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = server.client.send(request)
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "import" not in answer.text


@pytest.mark.parametrize("url", ["/api/picture", "/api/check/0?target=1"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_be_a_mebibyte_and_no_more(server, url, chunked):
    for size, status in ((MAX_BODY, 422), (MAX_BODY + 1, 413), (50 * MAX_BODY, 413)):
        content = bytes(size)
        parts = (content[i : i + 2**16] for i in range(0, size, 2**16))
        answer = server.client.post(url, content=parts if chunked else content)
        assert answer.status_code == status
    assert server.client.get("/").status_code == 200


texts = st.text(max_size=40)


@given(st.sampled_from(["models", "evaluation", "check", "nothing"]), texts, texts, texts)
def test_whatever_is_asked_is_answered_without_a_mistake_of_ours(server, place, id, name, value):
    request = server.client.build_request("GET", "/api/" + place, params={name: value})
    answers = [server.client.send(request)]
    query = {"split": value, "ids": id, "sample": name}
    answers += [server.client.get("/api/digits", params=query)]
    answers += [server.client.post(f"/api/check/{id.encode().hex()}", params={"target": name})]
    assert all(answer.status_code < 500 for answer in answers)


@given(st.binary(max_size=2000))
def test_whatever_is_uploaded_is_answered_without_a_mistake_of_ours(server, content):
    for url in ("/api/picture", "/api/check/0?target=1"):
        assert server.client.post(url, content=content).status_code in (200, 422)
