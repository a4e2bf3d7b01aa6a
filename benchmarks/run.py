"""Run the benchmark: every workload of the table, here and in other libraries.

    python benchmarks/run.py                       all of it, some twenty minutes on two cores
    python benchmarks/run.py batch-32 --alone      some workloads, or glassnet without its peers

Each workload is one run of `glassnet compare`, whose raw figures go to a file of its own in
benchmarks/results, or in --out. The machine should have nothing else to do.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
DENSE = "dense.npz"
TO_ALL = "numpy,torch,jax,keras,sklearn"
TO_SOME = "numpy,torch,jax,sklearn"  # Keras takes minutes for small batches

WORKLOADS = {
    "batch-32": ["first-network", "--peers", TO_ALL],
    "batch-128": ["first-network", "--batch-size", "128", "--peers", TO_ALL],
    "one-at-a-time": ["one-layer", "--epochs", "2", "--peers", TO_SOME],
    "sigmoid-batch-10": ["nielsen-30", "--epochs", "3", "--peers", TO_SOME],
    "full-batch": ["ten-hidden", "--peers", TO_ALL],
    "wide": ["first-network", "--layers", "784,800,10", "--batch-size", "128", "--epochs", "3"],
    "adam": ["first-network", "--optimizer", "adam", "--learning-rate", "0.001"],
    "dense": ["first-network", "--batch-size", "128", "--data", DENSE, "--peers", TO_SOME],
}
WORKLOADS["wide"] += ["--peers", TO_SOME]
WORKLOADS["adam"] += ["--batch-size", "128", "--peers", TO_ALL]


def main() -> None:
    """Run what was asked for, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument("--alone", action="store_true", help="without the other libraries")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="where figures go")
    options = parser.parse_args()
    if unknown := set(options.workloads) - set(WORKLOADS):
        parser.error(f"no workload {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.workloads or WORKLOADS:
        print(name, flush=True)
        figures = run(WORKLOADS[name], options.alone)
        (options.out / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")


def run(arguments: list[str], alone: bool) -> dict[str, object]:
    """The figures of one workload."""
    if alone:
        arguments = [*arguments, "--peers", ""]
    with tempfile.TemporaryDirectory() as folder:
        if DENSE in arguments:
            write_dense(Path(folder) / DENSE)
        command = [sys.executable, "-m", "glassnet", "compare", *arguments, "--json"]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, object] = json.loads(done.stdout)
    return figures


def write_dense(path: Path) -> None:
    """As many pictures as MNIST has, of noise without a black pixel: nothing can be left out."""
    rng = np.random.default_rng(0)
    parts = {}
    for part, n in (("train", 60_000), ("test", 10_000)):
        parts[f"x_{part}"] = rng.integers(1, 256, (n, 28, 28), np.uint8)
        parts[f"y_{part}"] = rng.integers(0, 10, n, np.uint8)
    np.savez(path, **parts)


if __name__ == "__main__":
    main()
