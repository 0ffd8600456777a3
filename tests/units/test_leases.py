"""Leases are renewed while they are held, and not for ever."""

import time

from pipelines.read.leases import Leases


def test_what_is_held_is_renewed_until_released_or_capped() -> None:
    """Each round renews exactly what is held; at the cap a lease is let go, and told."""
    now, renewed = [0.0], []
    leases = Leases(
        lambda ids, _: renewed.append(ids), 10, cap_seconds=60, monotonic=lambda: now[0]
    )
    leases.hold(["a", "b"])
    now[0] = 50.0
    leases.hold(["c"])
    leases.release(["b", "unknown"])
    assert leases.renew() == []
    now[0] = 61.0
    assert leases.renew() == ["a"]
    assert renewed == [["a", "c"], ["c"]]
    assert len(leases) == 1


def test_nothing_held_asks_for_nothing() -> None:
    """Without a lease the server is left alone."""
    renewed: list[list[str]] = []
    Leases(lambda ids, _: renewed.append(ids), 10).renew()
    assert renewed == []


def test_the_thread_renews_several_times_a_deadline() -> None:
    """A deadline of 0.3 s is renewed before it ends."""
    renewed: list[list[str]] = []
    leases = Leases(lambda ids, _: renewed.append(ids), 0.3)
    leases.hold(["a"])
    leases.start()
    time.sleep(0.32)
    leases.stop()
    assert 2 <= len(renewed) <= 3


def test_slow_rounds_ask_for_longer_leases() -> None:
    """What takes long to renew gets time until its next turn, up to a minute."""
    now, asked, rounds = [0.0], [], [1.0, 5.0, 100.0, 0.1, 0.1]

    def renew(ids: list[str], seconds: float) -> None:
        asked.append(seconds)
        now[0] += rounds[len(asked) - 1]

    leases = Leases(renew, 10, monotonic=lambda: now[0])
    leases.hold(["a"])
    for _ in rounds:
        leases.renew()
    assert asked == [10, 10, 20, 60, 10]
