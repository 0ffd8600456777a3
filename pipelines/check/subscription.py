"""The subscription: is it there, may it be read, and does its way of delivering suit the lake?"""

from collections.abc import Iterator
from typing import Any

from pipelines.check.finding import Finding, note, ok, problem, span
from pipelines.errors import InputError
from pipelines.read.leases import CAP_SECONDS, LONGEST_DEADLINE, RENEWALS_A_DEADLINE
from pipelines.read.pubsub import Refused, Subscription, Unreachable, server_address

# What pulling, renewing and acknowledging need; then what looking the topic up needs.
RIGHTS = ("pubsub.subscriptions.consume", "pubsub.subscriptions.get")
CALM_DEADLINE = 20  # s; a process is held up for less, as a rule
MOST_ATTEMPTS = 100  # that Pub/Sub can be told to make before it gives a message up
DAY = 86_400


def check_subscription(
    name: str, topic: str | None, window_seconds: float, horizon_days: int, runner: str
) -> tuple[str | None, list[Finding]]:
    """The topic that names the events, where it is known, and what was found."""
    try:
        subscription = Subscription(name, topic)
    except InputError as why:
        return topic, [problem("subscription", str(why))]
    try:
        found = subscription.found
        findings = [_there(subscription), *_rights(subscription, runner)]
        if found is not None:
            findings += _delivery(found, window_seconds, runner)
            findings += _retention(found, horizon_days, runner)
        return subscription.topic, findings
    finally:
        subscription.close()


def _there(subscription: Subscription) -> Finding:
    address = server_address()
    where = f" on {address} (PUBSUB_EMULATOR_HOST)" if address else ""
    if subscription.found is None:
        return note(
            "subscription",
            f"{subscription.name}{where}: no right to look at it (pubsub.subscriptions.get), so"
            " neither its deadline nor what else it is set to can be told",
        )
    return ok("subscription", f"{subscription.name} is there{where}, of {subscription.topic}")


def _rights(subscription: Subscription, runner: str) -> Iterator[Finding]:
    try:
        granted = subscription.permitted(RIGHTS)
    except (Unreachable, Refused) as why:
        yield problem("rights", str(why))
        return
    if granted is None:
        yield note("rights", "the server does not tell them: test servers know none")
    elif RIGHTS[0] not in granted:
        yield problem("rights", f"{RIGHTS[0]} is not granted: give roles/pubsub.subscriber")
    else:
        yield ok("rights", f"{' and '.join(r for r in RIGHTS if r in granted)} granted")
    if runner in ("dataflow", "flink"):
        yield note("rights", "these are this account's; the workers' account needs its own")


def _delivery(found: Any, window_seconds: float, runner: str) -> Iterator[Finding]:
    if found.detached:
        yield problem("delivery", "detached from its topic: no message will ever come")
    for field in ("bigquery_config", "cloud_storage_config", "bigtable_config"):
        if field in found.DESCRIPTOR.fields_by_name and found.HasField(field):
            yield problem("delivery", "it exports its messages elsewhere: make one to pull from")
    if runner == "dataflow":
        yield ok("ack deadline", "Dataflow renews leases by itself, and acknowledges what it keeps")
    else:
        yield _deadline(found.ack_deadline_seconds or 10, window_seconds)
    yield _ordering(found.enable_message_ordering)
    yield _exactly_once(found.enable_exactly_once_delivery)
    yield _dead_letters(found.dead_letter_policy)
    if found.filter:
        yield note("delivery", f"only messages that pass its filter come: {found.filter}")


def _deadline(deadline: int, window_seconds: float) -> Finding:
    if window_seconds >= CAP_SECONDS:
        return problem(
            "ack deadline",
            f"leases are renewed for {span(CAP_SECONDS)} at most, and a window of"
            f" {span(window_seconds)} is longer: its messages would come again before their commit",
        )
    if deadline > LONGEST_DEADLINE:
        return note(
            "ack deadline",
            f"{span(deadline)}: after a crash messages wait for so long;"
            f" {LONGEST_DEADLINE:.0f} s is enough for any window, since leases are renewed",
        )
    renewed = f"{deadline} s, renewed every {deadline / RENEWALS_A_DEADLINE:.3g} s while a window"
    if deadline < CALM_DEADLINE:
        return note(
            "ack deadline",
            f"{renewed} waits for its commit: a process that is held up for longer gets messages"
            f" twice (they count as redelivered); {LONGEST_DEADLINE:.0f} s is calmer",
        )
    return ok("ack deadline", f"{renewed} of {span(window_seconds)} waits for its commit")


def _ordering(ordered: bool) -> Finding:
    if ordered:
        return note(
            "ordering",
            "ordered: the next messages of a key wait until its last ones are committed, so a key"
            " gets on by one pull a window; the lake does not need it, commits sort by publish"
            " time or --order-attribute",
        )
    return ok("ordering", "not ordered: no message waits for another's commit")


def _exactly_once(enabled: bool) -> Finding:
    if enabled:
        return note(
            "exactly once",
            "on: an ack id that has run out is refused, and its message comes again, which counts"
            " as redelivered; the lake tells repeats itself, so this only makes the stream slower",
        )
    return ok("exactly once", "off: the lake itself tells what comes again")


def _dead_letters(policy: Any) -> Finding:
    if not policy.dead_letter_topic:
        return ok("dead letters", "no dead-letter topic: bad events are rows of the lake")
    attempts = policy.max_delivery_attempts or 5
    said = (
        f"{policy.dead_letter_topic} gets what was delivered {attempts} times, and every lease that"
        " runs out counts as a delivery"
    )
    if attempts < MOST_ATTEMPTS:
        return problem(
            "dead letters",
            f"{said}: so many crashes, and good news is gone. Take the topic away (bad events are"
            f" rows of the lake), or allow {MOST_ATTEMPTS} attempts",
        )
    return note("dead letters", f"{said}: set an alert on that topic, good news may end there")


def _retention(found: Any, horizon_days: int, runner: str) -> Iterator[Finding]:
    kept = found.message_retention_duration.seconds or 7 * DAY
    longest = max(kept, found.topic_message_retention_duration.seconds)
    if kept < DAY:
        yield note(
            "retention",
            f"messages are kept for {span(kept)}: a stream that is down for longer loses news",
        )
    elif longest > horizon_days * DAY:
        yield note(
            "retention",
            f"messages are kept for {span(longest)}, longer than the lake's horizon of"
            f" {horizon_days} days: older ones are told as repeats only by reading the lake,"
            " which is slow",
        )
    else:
        yield ok("retention", f"messages are kept for {span(kept)}, within the lake's horizon")
    if runner == "dataflow" and not found.retain_acked_messages:
        yield note(
            "retention",
            "acknowledged messages are not kept (retain_acked_messages): Dataflow acknowledges"
            " before the commit, so after a cancel nothing could be read again",
        )
