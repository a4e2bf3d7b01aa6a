"""What a page hears of a training, whatever becomes of the page."""

import json
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from web.serving import Page, served, steps_of
from websockets.exceptions import ConnectionClosed, InvalidStatus

from glassnet.model import load_model
from glassnet.web.server import MAX_MESSAGE, MAX_SOCKETS

QUICK = {"recipe": "first-network", "layers": [784, 20, 20, 10], "batch_size": 10, "epochs": 3}
LONG = QUICK | {"epochs": 100_000}


@pytest.fixture(scope="module")
def server():
    with served() as running:
        yield running


@pytest.fixture
def page(server):
    """A page; its training is stopped at the end."""
    with Page(server) as page:
        yield page
    with Page(server) as last:
        if last.welcome["state"] in ("starting", "running", "paused"):
            last.say("stop")
            last.hear("status", state="stopped")


def train(page, **options):
    page.say("start", **QUICK | options)
    return page.hear("status", state="done")


def numbers(events):
    """The seq of all events; of merged metrics there is only the last."""
    return [event["seq"] for event in events]


def test_a_page_is_welcomed_and_hears_a_training_from_start_to_end(server, page):
    assert page.welcome["protocol"] == 1
    page.say("start", **QUICK)
    starting = page.hear("status")
    done = page.hear("status", state="done")
    assert (starting["state"], starting["config"]["layers"]) == ("starting", QUICK["layers"])
    kinds = {event["type"] for event in page.events}
    assert kinds == {"status", "metrics", "eval"}
    seqs = numbers(page.events)
    assert seqs == sorted(set(seqs))
    assert seqs[-1] == done["seq"]
    steps = steps_of(page.events)
    assert steps == sorted(set(steps))


def test_a_trained_model_can_be_asked_for_like_any_other(server, page, tmp_path):
    id = train(page)["model"]
    names = {model["id"]: model["name"] for model in server.client.get("/api/models").json()}
    assert names[id].removesuffix(f" {id}") == "first-network"
    path = tmp_path / "trained.safetensors"
    path.write_bytes(server.client.get(f"/api/models/{id}").content)
    assert load_model(path).network.layers == (784, 20, 20, 10)
    told = server.client.get(f"/api/evaluation/{id}").json()
    last = [event for event in page.events if event["type"] == "eval"][-1]
    assert told["accuracy"] == last["test"]["accuracy"]
    assert told["confusion"] == last["test"]["confusion"]


def test_pause_step_resume_and_stop(page):
    page.say("start", **LONG)
    page.hear("status", state="running")
    page.say("pause")
    page.hear("status", state="paused")
    assert page.silent_for(0.3)
    before = steps_of(page.events)[-1] if steps_of(page.events) else 0
    page.say("step")
    assert page.hear("metrics")["step"] == [before + 1]
    page.say("resume")
    page.hear("status", state="running")
    page.hear("metrics")
    page.say("stop")
    assert page.hear("status", state="stopped")["model"] is not None


def test_a_page_that_comes_late_hears_all_that_has_happened(server, page):
    train(page)
    with Page(server) as late:
        assert late.welcome["state"] == "done"
        assert late.welcome["config"]["epochs"] == 3
        assert steps_of(late.events) == steps_of(page.events)
        assert numbers(late.events)[-1] == numbers(page.events)[-1]


def test_a_page_that_was_cut_off_misses_nothing_and_hears_nothing_twice(server, page):
    page.say("start", **LONG)
    run = page.hear("status")["run"]
    page.hear("eval")
    heard = list(page.events)
    page.socket.socket.close()  # as a cable would be pulled
    for _ in range(2):
        with Page(server, run=run, last_seq=heard[-1]["seq"]) as again:
            again.hear("metrics")
            heard += again.events
    with Page(server, run=run, last_seq=heard[-1]["seq"]) as again:
        again.say("stop")
        again.hear("status", state="stopped")
        heard += again.events
    with Page(server) as fresh:
        assert steps_of(fresh.events) == steps_of(heard)
        kinds = [[e for e in events if e["type"] != "metrics"] for events in (fresh.events, heard)]
        assert kinds[0] == kinds[1]


def test_a_page_that_asks_for_another_run_hears_this_one_from_its_start(server, page):
    train(page)
    with Page(server, run="before the server was started anew", last_seq=10_000) as other:
        assert other.welcome["run"] == page.events[0]["run"]
        assert steps_of(other.events) == steps_of(page.events)


def test_several_pages_hear_the_same(server, page):
    with Page(server) as second, Page(server) as third:
        train(page)
        for other in (second, third):
            other.hear("status", state="done")
            assert steps_of(other.events)[-1:] == steps_of(page.events)[-1:]
            assert numbers(other.events)[-1] == numbers(page.events)[-1]


def test_a_slow_page_gets_nothing_until_it_is_ready_and_then_all_of_it(server, page):
    with Page(server, slow=True) as slow:
        train(page)
        first = slow.next()  # what was new when the training started
        while not slow.silent_for(0.3):
            pass
        assert first["type"] == "status"
        assert not any(event.get("state") == "done" for event in slow.events)
        slow.acknowledge()
        slow.slow = False
        slow.hear("status", state="done")
        assert steps_of(slow.events) == steps_of(page.events)


def test_an_acknowledgement_of_something_older_does_not_count(server, page):
    with Page(server, slow=True) as slow:
        train(page)
        while not slow.silent_for(0.3):
            pass
        slow.say("ack", seq=0)
        assert slow.silent_for(0.3)


def test_weights_come_as_bytes_with_their_scale(server, page, tmp_path):
    page.say("want", topics=["weights"], hz=10)
    id = train(page)["model"]
    while not page.silent_for(0.3):
        pass
    path = tmp_path / "trained.safetensors"
    path.write_bytes(server.client.get(f"/api/models/{id}").content)
    W = load_model(path).params.W[0].T
    last = page.pictures[-1]
    assert (last["type"], last["layer"], last["shape"]) == ("weights", 0, [20, 28, 28])
    assert last["step"] == steps_of(page.events)[-1]
    assert np.abs(last["array"].reshape(20, 784) * last["scale"] - W).max() <= 0.501 * last["scale"]
    assert np.abs(last["array"]).max() == 127
    page.say("want", topics=[])
    page.pictures.clear()
    train(page)
    assert page.pictures == []


BAD = [
    "hello",
    "[]",
    "{}",
    '{"type": 7}',
    '{"type": "load"}',
    '{"type": "__init__"}',
    '{"type": "hello"}',
    '{"type": "hello", "protocol": 2}',
    '{"type": "hello", "protocol": 1, "last_seq": -1}',
    '{"type": "hello", "protocol": 1, "last_seq": "7"}',
    '{"type": "ack"}{',
    '{"type": "ack", "seq": null}',
    '{"type": "want"}',
    '{"type": "want", "topics": "weights"}',
    '{"type": "want", "topics": [], "hz": 1e9}',
    '{"type": "start", "recipe": "first-netwrk"}',
    '{"type": "start", "recipe": ["first-network"]}',
    '{"type": "start", "layers": "784,10,9"}',
    '{"type": "start", "epochs": 1e400}',
    '{"type": "start", "epochs": true}',
    '{"type": "start", "learning_rate": "fast"}',
    '{"type": "start", "learning_rate": NaN}',
    '{"type": "start", "validation": 2}',
    '{"type": "start", "path": "/etc/passwd"}',
    '{"type": "pause"}',
    '{"type": "stop"}',
    b"\x00\x01",
    b"",
    "",
    "[" * 60_000,
]


@pytest.mark.parametrize("content", BAD)
def test_what_makes_no_sense_is_answered_with_an_error_that_says_why(page, content):
    page.send(content)
    error = page.hear("error")
    assert error["code"] == "PARAM"
    assert error["message"]
    assert "seq" not in error
    page.say("hello", protocol=1)
    page.hear("welcome")


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_whatever_is_sent_the_page_is_still_heard(server, content):
    with Page(server) as page:
        page.send(content)
        page.say("hello", protocol=1)
        page.hear("welcome")


def test_a_second_training_at_the_same_time_is_refused(server, page):
    page.say("start", **LONG)
    page.hear("status", state="running")
    with Page(server) as other:
        other.say("start", **QUICK)
        error = other.hear("error")
        assert (error["code"], error["fix"]) == ("BUSY", "stop it first")


def test_too_large_a_message_ends_the_conversation_and_nothing_else(server, page):
    with Page(server) as rude:
        rude.send(json.dumps({"type": "x" * MAX_MESSAGE}))
        assert rude.is_cut_off()
    page.say("hello", protocol=1)
    page.hear("welcome")


def test_bytes_that_are_no_text_end_the_conversation_and_nothing_else(server, page):
    with Page(server) as rude:
        rude.socket.send(b"\xff\xfe", text=True)
        assert rude.is_cut_off()
    page.say("hello", protocol=1)
    page.hear("welcome")


def test_before_a_greeting_nothing_is_sent(server, page):
    with Page(server, greet=False) as silent:
        train(page)
        assert silent.silent_for(0.2)


def test_there_is_room_for_so_many_pages_and_then_again_for_others(server):
    pages = [Page(server) for _ in range(MAX_SOCKETS)]
    try:
        for page in pages:
            page.__enter__()
        with pytest.raises(InvalidStatus) as refused, Page(server):
            pass
        assert refused.value.response.status_code == 503
        assert server.client.get("/").status_code == 200
    finally:
        for page in pages:
            page.__exit__(None, None, None)
    with Page(server) as page:
        assert page.welcome["protocol"] == 1


def test_a_server_that_ends_says_so_and_leaves_no_training_behind():
    with served() as running, Page(running) as page:
        page.say("start", **LONG)
        page.hear("status", state="running")
        running.server.should_exit = True
        with pytest.raises(ConnectionClosed) as closed:
            page.hear("status", state="stopped")
        assert closed.value.rcvd.code == 1012
    for training in [thread for thread in threading.enumerate() if "(work)" in thread.name]:
        training.join(60)
        assert not training.is_alive()
