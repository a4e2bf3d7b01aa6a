"""ONNX: a model as a graph that onnxruntime and others run, with the preparation inside it.

    a0 = X / 255                               X: uint8 (N, n[0]), grey levels, ink = 255
    z0 = a0 W0 + b0,  a1 = f(z0),  ...         Gemm and one node for each activation
    label = classes[argmax z]                  (N,), int64 if all classes are numbers, else strings
    probabilities = softmax(z / temperature)   (N, K) float32

A network with one output a has the probabilities [1 - a, a] and the label a > 1/2; outputs that are
no distribution are divided by their sum, as in Model.probabilities. A model without classes has
one output, `variable` (N, K): what its network answers. Opset 17 and IR 8, of 2022, so that old
runtimes read it; N is symbolic. The metadata hold classes, preparation, temperature and training.
"""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np

from glassnet.core.activations import LEAK
from glassnet.data.files import write_atomically
from glassnet.errors import ParamError
from glassnet.formats.packages import load_package
from glassnet.formats.script import translate
from glassnet.model import Model, as_array

OPSET, IR = 17, 8
OPERATORS = {
    "identity": "Identity",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "leaky_relu": "LeakyRelu",
}
OUTPUTS = {
    "cross_entropy": "Softmax",
    "binary_cross_entropy": "Sigmoid",
    "quadratic_cost": "Sigmoid",
    "squared_error": "Identity",
    "poisson": "Exp",
}
ATTRIBUTES: dict[str, dict[str, Any]] = {"LeakyRelu": {"alpha": LEAK}, "Softmax": {"axis": 1}}
PREPARATION = {
    "uint8": "X: grey levels from 0 to 255, divided by 255 in the graph",
    "float32": "X: what the network takes, digits from 0 to 1",
}


def to_onnx(model: Model, dtype: Literal["uint8", "float32"] = "uint8") -> Any:
    """A model as an onnx.ModelProto; the head of this file says what is in its graph.

    Args:
        model: the model.
        dtype: of the input X (N, n[0]): uint8 for grey levels, which the graph divides by 255;
            float32 for numbers as the network takes them: in [0, 1], or features of any size.

    Returns:
        An onnx.ModelProto; its SerializeToString() is what an onnxruntime.InferenceSession takes.

    Raises:
        ParamError: onnx is missing, or it has no such activation, or float32 not such weights.

    Example:
        >>> from glassnet.model import load_model
        >>> proto = to_onnx(load_model())
        >>> [node.op_type for node in proto.graph.node if node.output[0].startswith(("z", "a"))]
        ['Div', 'Gemm', 'Relu', 'Gemm', 'Relu', 'Gemm', 'Div']
        >>> [output.name for output in proto.graph.output]
        ['label', 'probabilities']
    """
    onnx = load_package("onnx")
    if dtype not in PREPARATION:
        raise ParamError("dtype", repr(dtype), ", ".join(PREPARATION))
    graph = Graph(onnx)
    z = add_layers(graph, model, add_preparation(graph, dtype))
    if model.classes:
        outputs = [add_label(graph, model, z), add_probabilities(graph, model, z)]
    else:
        answer = graph.node(translate(model.network.loss, OUTPUTS, "ONNX"), z, name="variable")
        outputs = [graph.describe(answer, "float32", "N", model.network.layers[-1])]
    inputs = [graph.describe("X", dtype, "N", model.network.layers[0])]
    return finish(onnx, graph, model, inputs, outputs, PREPARATION[dtype])


def save_onnx(model: Model, path: str | Path, dtype: Literal["uint8", "float32"] = "uint8") -> None:
    """Write what to_onnx gives to a file.

    Raises:
        ParamError: as to_onnx.
        StorageError: it cannot be written.
    """
    content = to_onnx(model, dtype).SerializeToString()
    write_atomically(Path(path), lambda file: file.write(content))


class Graph:
    """Nodes and constants on their way to an onnx.GraphProto.

    Args:
        onnx: the package.
    """

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, operator: str, *inputs: str, name: str, **attributes: Any) -> str:
        """Add a node; gives its output, which has its name."""
        attributes |= ATTRIBUTES.get(operator, {})
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        """Add an array; gives its name. Floats become float32."""
        array = np.asarray(value)
        array = array.astype(np.float32) if array.dtype.kind == "f" else array
        array = array.astype(object) if array.dtype.kind == "U" else array
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def describe(self, name: str, dtype: str, *shape: int | str) -> Any:
        """What an input or an output of the graph is."""
        kind = getattr(self.onnx.TensorProto, {"float32": "FLOAT"}.get(dtype, dtype.upper()))
        return self.onnx.helper.make_tensor_value_info(name, kind, shape)


def add_preparation(graph: Graph, dtype: str) -> str:
    """Grey levels as numbers in [0, 1]; numbers as they are."""
    if dtype == "float32":
        return "X"
    grey = graph.node("Cast", "X", name="grey", to=graph.onnx.TensorProto.FLOAT)
    return graph.node("Div", grey, graph.constant("white", 255.0), name="a0")


def add_layers(graph: Graph, model: Model, a: str) -> str:
    """The forward pass; gives z of the last layer.

    Raises:
        ParamError: there is no operator for an activation, or float32 cannot hold a weight.
    """
    largest = np.abs(model.params.theta).max()
    if largest > np.finfo(np.float32).max:
        raise ParamError("model", f"a weight of {largest:g}", "what float32 can hold")
    z = a
    for l, (W, b) in enumerate(zip(model.params.W, model.params.b, strict=True)):
        W_name, b_name = graph.constant(f"W{l}", W), graph.constant(f"b{l}", b)
        z = graph.node("Gemm", a, W_name, b_name, name=f"z{l}")
        if l < model.network.n_hidden:
            operator = translate(model.network.activations[l], OPERATORS, "ONNX")
            a = graph.node(operator, z, name=f"a{l + 1}")
    return z


def add_label(graph: Graph, model: Model, z: str) -> Any:
    """The class that Model.predict gives."""
    if model.network.layers[-1] == 1:
        a = graph.node(translate(model.network.loss, OUTPUTS, "ONNX"), z, name="a")
        second = graph.node("Greater", a, graph.constant("half", 0.5), name="second")
        column = graph.node("Cast", second, name="column", to=graph.onnx.TensorProto.INT64)
        index = graph.node("Squeeze", column, graph.constant("axis", [1]), name="index")
    else:
        index = graph.node("ArgMax", z, name="index", axis=1, keepdims=0)
    classes = as_array(model.classes)
    graph.node("Gather", graph.constant("classes", classes), index, name="label")
    return graph.describe("label", "string" if classes.dtype.kind == "U" else "int64", "N")


def add_probabilities(graph: Graph, model: Model, z: str) -> Any:
    """What Model.probabilities gives."""
    if model.temperature != 1:
        z = graph.node("Div", z, graph.constant("temperature", model.temperature), name="z_over_T")
    operator = translate(model.network.loss, OUTPUTS, "ONNX")
    if operator == "Softmax":
        graph.node("Softmax", z, name="probabilities")
    else:
        zero, one = graph.constant("zero", 0.0), graph.constant("one", 1.0)
        a = graph.node("Clip", graph.node(operator, z, name="answer"), zero, one, name="clipped")
        if model.network.layers[-1] == 1:
            rest = graph.node("Sub", one, a, name="rest")
            graph.node("Concat", rest, a, name="probabilities", axis=1)
        else:
            add_division_by_the_sum(graph, a, len(model.classes))
    return graph.describe("probabilities", "float32", "N", len(model.classes))


def add_division_by_the_sum(graph: Graph, a: str, n_classes: int) -> None:
    """Outputs as a distribution; all alike where all of them are zero."""
    total = graph.node("ReduceSum", a, graph.constant("classes_axis", [1]), name="total")
    positive = graph.node("Greater", total, "zero", name="positive")
    share = graph.node("Div", a, total, name="share")
    alike = graph.constant("alike", 1 / n_classes)
    graph.node("Where", positive, share, alike, name="probabilities")


def finish(
    onnx: Any, graph: Graph, model: Model, inputs: list[Any], outputs: list[Any], preparation: str
) -> Any:
    """The graph with all that is said about it."""
    from glassnet import __version__

    made = onnx.helper.make_graph(graph.nodes, "glassnet", inputs, outputs, graph.constants)
    proto = onnx.helper.make_model(
        made,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="glassnet",
        producer_version=__version__,
        doc_string=repr(model),
    )
    about = {
        "classes": json.dumps(model.classes),
        "preparation": preparation,
        "temperature": str(model.temperature),
        "training": json.dumps(model.training),
    }
    onnx.helper.set_model_props(proto, about)
    return proto
