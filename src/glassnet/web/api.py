"""The answers to a page's requests.

    GET  /api/data                what the data are
    GET  /api/recipes             what can be trained by name
    GET  /api/source              the lines of Python that do it, with their file and line number
    GET  /api/models              what each model is, with its id
    GET  /api/models/{id}         the model file itself
    GET  /api/evaluation/{id}     how good it is on the test set, and what it gets wrong
    GET  /api/digits?split=test&ids=0,5,9
    GET  /api/digits?split=test&sample=500
                                  785 bytes for each digit: its label, then its pixels, ink = 255;
                                  of N digits, number i of a sample of n is the one with id i N // n
    POST /api/check/{id}?target=3 784 pixels in, every number that Python finds on their way out
    POST /api/picture             an image file in, the picture MNIST would have made of it out

All but models and digits is JSON. What goes wrong is {code, found, expected, advice}.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from glassnet.core.activations import Array
from glassnet.data.examples import DataSet, Examples
from glassnet.errors import ParamError
from glassnet.recipes import RECIPES
from glassnet.web import facts
from glassnet.web.shelf import Shelf, Shelved

MAX_BODY = 2**20


class Api:
    """Answers from models and data.

    Args:
        shelf: the models.
        data: what they are tested on.
    """

    def __init__(self, shelf: Shelf, data: DataSet):
        self.shelf, self.data = shelf, data

    @property
    def routes(self) -> list[BaseRoute]:
        """What is answered by which function; those without `async` run in a thread."""
        return [
            Route("/data", self.about_data),
            Route("/recipes", self.recipes),
            Route("/source", self.source),
            Route("/models", self.models),
            Route("/models/{id}", self.model),
            Route("/evaluation/{id}", self.evaluation),
            Route("/digits", self.digits),
            Route("/check/{id}", self.check, methods=["POST"]),
            Route("/picture", self.picture, methods=["POST"]),
        ]

    def about_data(self, request: Request) -> Response:
        return json_response(facts.of_data(self.data))

    def recipes(self, request: Request) -> Response:
        return json_response([facts.of_recipe(recipe) for recipe in RECIPES.values()])

    def source(self, request: Request) -> Response:
        return json_response(facts.of_source())

    def models(self, request: Request) -> Response:
        named = [(id, shelved.name, shelved.model) for id, shelved in list(self.shelf.items())]
        return json_response(
            [{"id": id, "name": name, **facts.of_model(model)} for id, name, model in named]
        )

    def model(self, request: Request) -> Response:
        return Response(self.shelved(request).content, media_type="application/octet-stream")

    def evaluation(self, request: Request) -> Response:
        evaluation = self.shelved(request).evaluation
        return json_response(
            {
                "data": self.data.name,
                **facts.of_evaluation(evaluation),
                "labels": evaluation.labels.tolist(),
                "predictions": evaluation.predictions.tolist(),
                "mistakes": facts.of_mistakes(evaluation),
            }
        )

    def digits(self, request: Request) -> Response:
        half = one_of(request, "split", {"test": self.data.test, "train": self.data.train})
        chosen = half.take(chosen_ids(request, half))
        content = np.column_stack([chosen.labels, chosen.x]).astype(np.uint8).tobytes()
        return Response(content, media_type="application/octet-stream")

    async def check(self, request: Request) -> Response:
        model, picture = self.shelved(request).model, await body_of(request)
        target = whole_number(request, "target", len(model.classes) - 1)
        return json_response(await run_in_threadpool(facts.of_one_example, model, picture, target))

    async def picture(self, request: Request) -> Response:
        content = await body_of(request)
        return json_response(await run_in_threadpool(facts.of_picture, content))

    def shelved(self, request: Request) -> Shelved:
        """The model whose id is in the URL."""
        id = request.path_params["id"]
        if id not in self.shelf:
            raise HTTPException(404, f"no model has the id {id}")
        return self.shelf[id]


def json_response(value: Any) -> Response:
    """An answer in JSON."""
    return Response(facts.as_json(value), media_type="application/json")


async def body_of(request: Request) -> bytes:
    """What was sent along; of too much, nothing is kept."""
    content, size = b"", 0
    async for chunk in request.stream():
        size += len(chunk)
        content = content + chunk if size <= MAX_BODY else b""
    if size > MAX_BODY:
        raise HTTPException(413, f"more than {MAX_BODY:,} bytes")
    return content


def one_of(request: Request, name: str, table: Mapping[str, Examples]) -> Examples:
    """What the query names."""
    key = request.query_params.get(name, next(iter(table)))
    if key not in table:
        raise ParamError(name, f"{key!r:.80}", " or ".join(table))
    return table[key]


def chosen_ids(request: Request, examples: Examples) -> Array:
    """The rows that a request for digits means."""
    n = len(examples.x)
    if "sample" in request.query_params:
        size = whole_number(request, "sample", n)
        return np.arange(size) * n // max(size, 1)
    texts = request.query_params.get("ids", "").split(",")
    return np.array([checked(text, "ids", n - 1) for text in texts])


def whole_number(request: Request, name: str, highest: int) -> int:
    """A number of the query, from 0."""
    return checked(request.query_params.get(name, ""), name, highest)


def checked(text: str, name: str, highest: int) -> int:
    """A text as a number, from 0."""
    if not (text.isdecimal() and len(text) < 10 and int(text) <= highest):
        raise ParamError(name, f"{text!r:.80}", f"0 to {highest:,}")
    return int(text)
