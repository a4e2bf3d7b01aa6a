"""Measure what a page that watches a training costs the training.

    python benchmarks/page.py                      some six minutes

A real server trains without an end. In turn nobody looks, and a Chromium has the view "Train" open;
the training's own count of its steps, over the time of each turn, says how fast it went. A browser
needs a core now and then, whatever it shows: it gets one for itself, and the server the others. The
machine should have nothing else to do. It needs the extras [serve] and [dev], and a Chromium.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import monotonic, sleep

from playwright.sync_api import Browser, sync_playwright
from websockets.sync.client import connect

WARM = 3  # seconds before a turn counts
RECIPE = {"type": "start", "recipe": "first-network", "epochs": 100_000}


def main() -> None:
    """Measure turn by turn, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=10, help="pairs of turns")
    parser.add_argument("--seconds", type=float, default=12, help="of a turn")
    options = parser.parse_args()
    *others, last = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {last})
    with serving(others) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        begin(address)
        ratios = []
        for _ in range(options.turns):
            alone = rate(address, options.seconds)
            with watched(browser, address):
                seen = rate(address, options.seconds)
            ratios.append(1 - seen / alone)
            print(f"{alone:8.0f} steps/s alone, {seen:8.0f} watched: {ratios[-1]:+.1%}", flush=True)
        browser.close()
    print(f"slower by {median(ratios):.1%} (median of {len(ratios)})")


@contextmanager
def serving(cores: list[int]) -> Iterator[str]:
    """A server on some cores, and where it is."""
    command = [sys.executable, "-m", "glassnet", "serve", "--port", "0", "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    os.sched_setaffinity(server.pid, cores)
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if found := re.search(r"http://(\S+?)/", line):
                break
        yield found[1]
    finally:
        server.terminate()
        server.wait()


def begin(address: str) -> None:
    """Start the training."""
    with connect(f"ws://{address}/ws", proxy=None) as socket:
        socket.send(json.dumps({"type": "hello", "protocol": 1}))
        socket.send(json.dumps(RECIPE))
    while steps(address) == 0:
        sleep(1)


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[None]:
    """A page that looks."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"http://{address}/#view=train")
    page.get_by_test_id("thumbnails").wait_for()  # the training's weights have arrived
    yield
    page.close()


def rate(address: str, seconds: float) -> float:
    """The steps that the training does in a second."""
    sleep(WARM)
    start, first = monotonic(), steps(address)
    sleep(seconds)
    end, last = monotonic(), steps(address)
    return (last - first) / (end - start)


def steps(address: str) -> int:
    """The steps done by now."""
    with connect(f"ws://{address}/ws", max_size=None, proxy=None) as socket:
        socket.send(json.dumps({"type": "hello", "protocol": 1}))
        history = json.loads(socket.recv())["history"]
    return max((event["step"][-1] for event in history if event["type"] == "metrics"), default=0)


if __name__ == "__main__":
    main()
