# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: events arrive at once, and nothing that a server does breaks the wait."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import kinds, watch
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.watch import Verdict, Watcher, wait_for
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    Interrupted,
    KraftError,
    Unreachable,
)


def _pod(name: str, version: int, phase: str = "Pending") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "n", "resourceVersion": str(version)}, "status": {"phase": phase}}


def _listing(version: int, *pods: dict[str, Any]) -> Callable[[Any], None]:
    return lambda h: h.reply(200, {"metadata": {"resourceVersion": str(version)}, "items": list(pods)})


def _silent(seconds: float) -> Callable[[Any], None]:
    def stream(handler: Any) -> None:
        handler.start_stream()
        time.sleep(seconds)

    return stream


def _running(objects: Mapping[str, dict[str, Any]]) -> Verdict:
    waiting = sorted(name for name, pod in objects.items() if pod["status"]["phase"] != "Running")
    return Verdict(not waiting, f"{', '.join(waiting)} not running" if waiting else "all running")


def _until(event: threading.Event) -> None:
    assert event.wait(5), "the test is stuck"


def test_an_event_is_noticed_within_milliseconds(api: Any, client: KubeClient) -> None:
    go, sent = threading.Event(), []

    def stream(handler: Any) -> None:
        handler.start_stream()
        _until(go)
        sent.append(time.monotonic())
        handler.event("MODIFIED", _pod("a", 2, "Running"))
        time.sleep(1)

    api.play(_listing(1, _pod("a", 1)), stream)
    reasons: list[str] = []

    def progress(reason: str) -> None:
        reasons.append(reason)
        go.set()

    verdict = wait_for(client, kinds.POD, "n", _running, timeout=5, name="a", progress=progress)
    assert time.monotonic() - sent[0] < 0.1
    assert verdict == Verdict(True, "all running")
    assert reasons == ["a not running", "all running"]
    assert "fieldSelector=metadata.name%3Da" in api.seen[1][1]
    assert "resourceVersion=1" in api.seen[1][1]
    assert "allowWatchBookmarks=true" in api.seen[1][1]
    assert "timeoutSeconds=30" in api.seen[1][1]


def test_objects_follow_added_modified_deleted_and_pieces_of_lines(api: Any, client: KubeClient) -> None:
    def stream(handler: Any) -> None:
        handler.start_stream()
        handler.event("ADDED", _pod("b", 2))
        handler.event("DELETED", _pod("a", 3))
        line = json.dumps({"type": "MODIFIED", "object": _pod("b", 4, "Running")}).encode() + b"\n"
        handler.chunk(line[:20])
        handler.chunk(line[20:] + b"\n")
        time.sleep(1)

    api.play(_listing(1, _pod("a", 1)), stream)
    listener = threading.Event()
    with Watcher(client, kinds.POD, "n", label_selector="x=y") as watcher:
        watcher.add_listener(listener)
        assert watcher.wait(lambda o: Verdict(list(o) == ["b"] and _running(o).done, "no"), 5).done
        assert listener.is_set()
        assert watcher.objects["b"]["status"]["phase"] == "Running"
    assert "labelSelector=x%3Dy" in api.seen[0][1]


def test_all_namespaces_have_longer_keys(api: Any, client: KubeClient) -> None:
    api.play(_listing(1, _pod("a", 1)), _silent(1))
    with Watcher(client, kinds.POD, None) as watcher:
        assert list(watcher.objects) == ["n/a"]


def test_the_end_of_a_watch_goes_on_from_the_bookmark(api: Any, client: KubeClient) -> None:
    def first(handler: Any) -> None:
        handler.start_stream()
        handler.event("BOOKMARK", {"metadata": {"resourceVersion": "9"}})
        handler.chunk(b"")

    def second(handler: Any) -> None:
        handler.start_stream()
        handler.event("MODIFIED", _pod("a", 10, "Running"))
        time.sleep(1)

    api.play(_listing(1, _pod("a", 1)), first, second)
    assert wait_for(client, kinds.POD, "n", _running, timeout=5).done
    assert "resourceVersion=9&" in api.seen[2][1]
    assert len(api.seen) == 3, "no second LIST"


@pytest.mark.parametrize("way", ["event", "http"])
def test_410_lists_again(api: Any, client: KubeClient, make_status: Callable[..., dict[str, Any]], way: str) -> None:
    gone = make_status(410, "Expired", "too old resource version")

    def expired(handler: Any) -> None:
        if way == "http":
            handler.reply(410, gone)
            return
        handler.start_stream()
        handler.event("ERROR", gone)
        handler.chunk(b"")

    api.play(_listing(1, _pod("a", 1)), expired, _listing(5, _pod("a", 5, "Running")), lambda h: h.start_stream())
    started = time.monotonic()
    assert wait_for(client, kinds.POD, "n", _running, timeout=5).done
    assert time.monotonic() - started < 0.2, "without a pause"


def test_a_dropped_connection_and_a_failing_server_are_waited_out(api: Any, client: KubeClient) -> None:
    def dropped(handler: Any) -> None:
        handler.start_stream()
        handler.drop()

    reasons: list[str] = []
    api.play(
        _listing(1, _pod("a", 1)),
        dropped,
        lambda h: h.reply(503, b"starting"),
        _listing(5, _pod("a", 5, "Running")),
        _silent(1),
    )
    assert wait_for(client, kinds.POD, "n", _running, timeout=5, progress=reasons.append).done
    assert reasons[0] == "a not running"
    assert any("cannot serve" in reason or "cannot reach" in reason for reason in reasons), reasons
    assert reasons[-1] == "all running"


def test_the_deadline_names_the_last_reason_and_ends_the_thread(api: Any, client: KubeClient) -> None:
    api.play(_listing(1, _pod("a", 1)), _silent(3))
    before = threading.active_count()
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="waited 0 s: a not running"):
        wait_for(client, kinds.POD, "n", _running, timeout=0.3)
    assert 0.3 <= time.monotonic() - started < 0.6
    watchers = [thread for thread in threading.enumerate() if thread.name.startswith("watch-")]
    assert not watchers, "the reader ended at once although its stream is silent"
    assert threading.active_count() <= before + 2  # threads of the fake server


def test_fatal_ends_at_once(api: Any, client: KubeClient) -> None:
    api.play(_listing(1, _pod("a", 1)), _silent(1))
    with pytest.raises(KraftError, match="ImagePullBackOff"):
        wait_for(client, kinds.POD, "n", lambda _objects: Verdict(False, "a: ImagePullBackOff", fatal=True), timeout=5)


def test_stop_ends_the_wait(api: Any, client: KubeClient) -> None:
    api.play(_listing(1, _pod("a", 1)), _silent(1))
    stop = threading.Event()
    timer = threading.Timer(0.2, stop.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Interrupted, match="a not running"):
        wait_for(client, kinds.POD, "n", _running, timeout=5, stop=stop)
    assert time.monotonic() - started < 0.6
    timer.join()


def test_a_predicate_that_reads_the_clock_is_asked_again(
    api: Any, client: KubeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "HEARTBEAT", 0.05)
    api.play(_listing(1, _pod("a", 1)), _silent(1))
    asked: list[float] = []

    def predicate(_objects: Mapping[str, Any]) -> Verdict:
        asked.append(time.monotonic())
        return Verdict(len(asked) > 3, "not yet")

    assert wait_for(client, kinds.POD, "n", predicate, timeout=5).done


def test_a_permission_that_is_missing_at_the_start(
    api: Any, client: KubeClient, make_status: Callable[..., dict[str, Any]]
) -> None:
    text = 'x: User "u" cannot list resource "pods" in API group "" in the namespace "n"'
    api.play(lambda h: h.reply(403, make_status(403, "Forbidden", text)))
    with pytest.raises(Forbidden, match="u may not list pods"):
        wait_for(client, kinds.POD, "n", _running, timeout=5)


def test_a_permission_that_is_taken_away(
    api: Any, client: KubeClient, make_status: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "FORBIDDEN_GRACE", 0.3)
    text = 'x: User "u" cannot watch resource "pods" in API group "" in the namespace "n"'
    api.play(_listing(1, _pod("a", 1)), lambda h: h.reply(403, make_status(403, "Forbidden", text)))
    with pytest.raises(Forbidden, match="u may not watch pods"):
        wait_for(client, kinds.POD, "n", _running, timeout=5)


def test_a_silent_connection_is_given_up(api: Any, client: KubeClient) -> None:
    api.play(_silent(2))
    with (
        client.stream_watch(kinds.POD, "n", "1", timeout_seconds=-4) as stream,
        pytest.raises(Unreachable, match="no answer"),
    ):
        next(stream)


def test_close_from_another_thread_ends_the_reader(api: Any, client: KubeClient) -> None:
    api.play(_silent(3))
    stream = client.stream_watch(kinds.POD, "n", "1")
    threading.Timer(0.2, stream.close).start()
    started = time.monotonic()
    assert list(stream) == []
    assert time.monotonic() - started < 0.6
    stream.release()


def test_other_errors_in_the_stream(api: Any, client: KubeClient, make_status: Callable[..., dict[str, Any]]) -> None:
    def bad(handler: Any) -> None:
        handler.start_stream()
        handler.chunk(b"<html>\n")
        handler.chunk(b"")

    def broken(handler: Any) -> None:
        handler.start_stream()
        handler.event("ERROR", make_status(500, "InternalError", "etcd is gone"))
        handler.chunk(b"")

    api.play(bad, broken)
    with client.stream_watch(kinds.POD, "n", "1") as stream, pytest.raises(Unreachable, match="did not send JSON"):
        next(stream)
    with client.stream_watch(kinds.POD, "n", "1") as stream, pytest.raises(KraftError, match="etcd is gone"):
        next(stream)


def test_conflict_is_raised_by_the_stream_itself(
    api: Any, client: KubeClient, make_status: Callable[..., dict[str, Any]]
) -> None:
    api.play(lambda h: h.reply(410, make_status(410, "Gone", "old")))
    with pytest.raises(Conflict):
        client.stream_watch(kinds.POD, "n", "1")
