"""PyTorch, eager: tensors in memory and indexed by a permutation, no data loader."""

from typing import Any

from glassnet.peers import Epoch, Job, Predict

ACTIVATIONS = {"relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh", "identity": "Identity"}


def prepare(job: Job, x: Any, labels: Any) -> tuple[Epoch, Predict]:
    """An nn.Sequential and an optimizer of torch.optim."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(job.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(job.seed)
    modules: list[Any] = []
    for fan_in, fan_out in zip(job.layers, job.layers[1:], strict=False):
        modules += [nn.Linear(fan_in, fan_out), getattr(nn, ACTIVATIONS[job.activation])()]
    model = nn.Sequential(*modules[:-1])
    x, y = torch.from_numpy(x), torch.from_numpy(labels.astype("int64"))
    targets = functional.one_hot(y, job.layers[-1]).float()
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[job.optimizer]
    optimizer = kind(model.parameters(), lr=job.learning_rate, fused=True)

    def loss(z: Any, rows: Any) -> Any:
        if job.loss == "cross_entropy":
            return functional.cross_entropy(z, y[rows])
        return ((torch.sigmoid(z) - targets[rows]) ** 2).sum(dim=1).mean() / 2

    def epoch() -> None:
        for rows in torch.randperm(len(x)).split(job.batch_size):
            optimizer.zero_grad()
            loss(model(x[rows]), rows).backward()
            optimizer.step()

    def predict(x: Any) -> Any:
        with torch.inference_mode():
            return model(torch.from_numpy(x)).argmax(dim=1).numpy()

    return epoch, predict
