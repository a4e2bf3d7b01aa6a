"""Write the figures that benchmarks/run.py has taken as tables.

    python benchmarks/table.py > benchmarks/README.md       of benchmarks/results
    python benchmarks/table.py OLD NEW                      how fast glassnet is, before and after

OLD and NEW are folders that `run.py --out` has filled, on two commits of the same machine.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TITLES = {
    "batch-32": "784-128-64-10 ReLU, SGD, batch 32",
    "batch-128": "the same, batch 128",
    "one-at-a-time": "784-10, one example at a time",
    "sigmoid-batch-10": "784-30-10 sigmoid, quadratic cost, batch 10",
    "full-batch": "784-10-10 full batch, 42,000 rows",
    "wide": "784-800-10 ReLU, batch 128",
    "adam": "784-128-64-10 with Adam, batch 128",
    "dense": "784-128-64-10 on dense noise, batch 128",
}
PEERS = {
    "jax": "JAX",
    "torch": "PyTorch",
    "sklearn": "scikit-learn",
    "numpy": "NumPy",
    "keras": "Keras",
}
HEAD = """# Benchmarks

What `glassnet compare` measured; the raw figures are in [results](results). To measure again, and
to write this page:

```
pip install '.[peers]'
python benchmarks/run.py
python benchmarks/table.py > benchmarks/README.md
```

Before and after a change, and then side by side:

```
python benchmarks/run.py --alone --out before
python benchmarks/run.py --alone --out after
python benchmarks/table.py before after
```

Each contestant trains in a fresh process, three times, in turn with the others; the medians are
given. Each has the number of threads with which it is faster, and is written as its own users would
write it at its best: [src/glassnet/peers](../src/glassnet/peers). An epoch is one pass over the
training examples, compilation and measuring not counted. What was compiled in an earlier process is
taken from disk, here and by JAX. Each library starts from its own random weights, which is what the
accuracies differ by after few epochs.
"""

Figures = dict[str, Any]


def main(folders: list[str]) -> None:
    """Print the page, or the comparison of two folders."""
    if len(folders) == 2:
        before, after = (read(Path(folder)) for folder in folders)
        print("\n".join(changes(before, after)))
    elif len(folders) < 2:
        print("\n".join(page(read(Path(folders[0]) if folders else HERE / "results"))))
    else:
        sys.exit("one folder for a page, two for a comparison, none for benchmarks/results")


def read(folder: Path) -> dict[str, Figures]:
    """The figures of each workload, in the order of TITLES."""
    paths = {name: folder / f"{name}.json" for name in TITLES}
    return {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}


def page(workloads: dict[str, Figures]) -> Iterable[str]:
    """The lines of the page."""
    yield HEAD
    yield from about(workloads)
    yield "## How many times as long as glassnet an epoch takes\n"
    yield from table(workloads, epoch_cell, "glassnet, s per epoch")
    yield "\n## Test accuracy after the same epochs, and peak memory of the process\n"
    yield from table(workloads, quality_cell, "glassnet")
    yield "\n## 784-128-64-10, batch 32: from the start of the process to 97 %, and to predict\n"
    yield from details(next(iter(workloads.values())))


def about(workloads: dict[str, Figures]) -> Iterable[str]:
    """The machine, and the versions of everything."""
    first = next(iter(workloads.values()))
    machine = first["machine"]
    yield f"{machine['processor']}, {machine['cores']} cores; {machine['system']};"
    yield f"Python {machine['python']}; " + ", ".join(
        f"{PEERS.get(result['name'], 'glassnet')} {result['runs'][0]['version']}"
        for result in first["results"]
    )
    yield ""


def table(
    workloads: dict[str, Figures], cell: Callable[[Figures, Figures], str], ours: str
) -> Iterable[str]:
    """One row for each workload, one column for each contestant."""
    yield f"| workload | {ours} | {' | '.join(PEERS.values())} |"
    yield "|---|" + "--:|" * (1 + len(PEERS))
    for name, figures in workloads.items():
        results = {result["name"]: result for result in figures["results"]}
        glassnet = results["glassnet"]
        cells = [cell(glassnet, glassnet)]
        cells += [cell(results[peer], glassnet) if peer in results else "" for peer in PEERS]
        yield f"| {TITLES[name]} | {' | '.join(cells)} |"


def epoch_cell(result: Figures, ours: Figures) -> str:
    """Our seconds, or how many times as long another takes."""
    if result is ours:
        return f"**{ours['epoch_seconds']:.3f}**"
    return f"{result['epoch_seconds'] / ours['epoch_seconds']:.1f}"


def quality_cell(result: Figures, ours: Figures) -> str:
    """Accuracy and memory."""
    return f"{100 * result['accuracy']:.1f} %, {result['peak_bytes'] / 2**20:,.0f} MB"


def details(figures: Figures) -> Iterable[str]:
    """The times besides those of an epoch, of one workload."""
    yield "| | to 97 % | peak memory | one picture | 10,000 pictures |"
    yield "|---|--:|--:|--:|--:|"
    for result in figures["results"]:
        name = PEERS.get(result["name"], "**glassnet**")
        to_target = f"{result['to_target']:.2f} s" if result["to_target"] else ""
        row, test = 1e6 * result["row_seconds"], 1e3 * result["test_seconds"]
        memory = f"{result['peak_bytes'] / 2**20:,.0f} MB"
        yield f"| {name} | {to_target} | {memory} | {row:,.1f} us | {test:.1f} ms |"


def changes(before: dict[str, Figures], after: dict[str, Figures]) -> Iterable[str]:
    """Our seconds per epoch before and after, and how many times as fast it is now."""
    yield f"{'workload':<46}{'before':>9}{'after':>9}{'faster':>9}"
    for name in before.keys() & after.keys():
        old, new = (side[name]["results"][0]["epoch_seconds"] for side in (before, after))
        yield f"{TITLES[name]:<46}{old:>9.4f}{new:>9.4f}{old / new:>8.2f}x"


if __name__ == "__main__":
    main(sys.argv[1:])
