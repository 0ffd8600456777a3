"""A Pub/Sub subscription: pulled, extended, acknowledged, and what its server says in sentences.

The client is the generated one (`google.pubsub_v1`): it does what is asked, once, and nothing in
the background. `PUBSUB_EMULATOR_HOST` names a server other than Google's. Needs the extra `gcp`.
"""

import math
import os
import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.errors import InputError
from pipelines.read.leases import LONGEST_DEADLINE

if TYPE_CHECKING:
    from google.pubsub_v1 import SubscriberClient

MOST_MESSAGES = 1_000  # a pull
CALL_SECONDS = 20.0
_PAUSES = (0.2, 1.0, 3.0)  # s, before an acknowledgement is tried again
_CALL_IDS = 2_500
_CALL_BYTES = 400_000  # of ack ids; Pub/Sub refuses requests of more than 512 KiB
_NAME = re.compile(r"projects/[^/]+/subscriptions/[^/]+")


class Unreachable(Exception):
    """The server did not answer; it may do so later."""


class Refused(Exception):
    """The server said no, and will say so again until someone changes something there."""


class Subscription:
    """One subscription on its server. Threads may share it."""

    def __init__(
        self,
        name: str,
        topic: str | None = None,
        address: str | None = None,
        look_up: bool = True,
    ) -> None:
        """Look the subscription up; `topic` is asked of the server unless it is given.

        `address` is that of a server other than Google's: `server_address()` if not given. One that
        another process has looked up already can do without.

        Raises:
            InputError: no such subscription, no right to it, no server, or the extra is missing.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"{name} is no subscription: projects/PROJECT/subscriptions/NAME")
        self.name = name
        self._client = _client(address or server_address())
        self._errors, self._failures = _errors()
        self.topic = topic or ""
        self.deadline_seconds = LONGEST_DEADLINE
        self.found: Any = None  # what it is set to, as plain protobuf; None if it was not seen
        if look_up:
            self._look_up(asked=topic is None)

    def pull(self, most: int = MOST_MESSAGES) -> list[Any]:
        """The next messages, as plain protobuf; after a while none, if there are none.

        Raises:
            Unreachable, Refused
        """
        request = {"subscription": self.name, "max_messages": most}
        try:
            answer = self._client.pull(request=request, retry=None, timeout=CALL_SECONDS)
        except self._errors.DeadlineExceeded:
            self._need_answer()
            return []
        except self._failures as why:
            raise self._told(why) from why
        return list(type(answer).pb(answer).received_messages)

    def acknowledge(self, ack_ids: Sequence[str]) -> int:
        """Acknowledge these deliveries; how many failed, and will hence come again."""
        return sum(len(some) for some in _calls(ack_ids) if not self._acknowledge(some))

    def renew(self, ack_ids: Sequence[str], seconds: float) -> None:
        """Ask for so long from now on; that it fails means redelivery, no more."""
        self._set_deadline(ack_ids, math.ceil(seconds))

    def give_back(self, ack_ids: Sequence[str]) -> None:
        """Let these be delivered again at once."""
        self._set_deadline(ack_ids, 0)

    def permitted(self, rights: Sequence[str]) -> set[str] | None:
        """Those of the rights that are granted; None where the server has no such question.

        Raises:
            Unreachable, Refused
        """
        request = {"resource": self.name, "permissions": list(rights)}
        try:
            answer = self._client.test_iam_permissions(
                request=request, retry=None, timeout=CALL_SECONDS
            )
        except self._errors.MethodNotImplemented:
            return None
        except self._failures as why:
            raise self._told(why) from why
        return set(answer.permissions)

    def close(self) -> None:
        """End the connection; pulls that wait end as unreachable."""
        self._client.transport.close()

    def _need_answer(self) -> None:
        """A server with nothing to deliver may let a pull wait; one that is gone is as silent.

        Raises:
            Unreachable: it does not answer a question that needs no waiting either.
        """
        request = {"subscription": self.name}
        silent = (self._errors.DeadlineExceeded, self._errors.ServiceUnavailable)
        try:
            self._client.get_subscription(request=request, retry=None, timeout=CALL_SECONDS)
        except silent as why:
            raise Unreachable(f"the server of {self.name} does not answer") from why
        except self._failures:  # a refusal is an answer
            return

    def _acknowledge(self, ack_ids: list[str]) -> bool:
        for pause in (*_PAUSES, None):
            try:
                request = {"subscription": self.name, "ack_ids": ack_ids}
                self._client.acknowledge(request=request, retry=None, timeout=CALL_SECONDS)
                return True
            except self._failures:
                if pause is not None:
                    time.sleep(pause)
        return False

    def _set_deadline(self, ack_ids: Sequence[str], seconds: int) -> None:
        for some in _calls(ack_ids):
            request = {
                "subscription": self.name,
                "ack_ids": some,
                "ack_deadline_seconds": seconds,
            }
            try:
                self._client.modify_ack_deadline(request=request, retry=None, timeout=CALL_SECONDS)
            except self._failures:
                continue

    def _look_up(self, asked: bool) -> None:
        request = {"subscription": self.name}
        try:
            found = self._client.get_subscription(request=request, retry=None, timeout=CALL_SECONDS)
        except self._errors.PermissionDenied as why:
            if asked:
                raise InputError(
                    f"no right to look at {self.name} (pubsub.subscriptions.get): grant it, or name"
                    f" its topic with --topic"
                ) from why
            return
        except self._failures as why:
            raise InputError(str(self._told(why))) from why
        self.found = type(found).pb(found)
        if found.push_config.push_endpoint:
            raise InputError(f"{self.name} pushes its messages elsewhere: make one to pull from")
        if asked and "/topics/" not in found.topic:
            raise InputError(f"the topic of {self.name} was deleted: name it with --topic")
        self.topic = self.topic or found.topic
        self.deadline_seconds = min(found.ack_deadline_seconds or 10, LONGEST_DEADLINE)

    def _told(self, why: Exception) -> Exception:
        """The server's words as a sentence, of the kind that says whether to wait."""
        errors = self._errors
        if isinstance(why, errors.NotFound):
            return Refused(f"there is no subscription {self.name}")
        if isinstance(why, errors.PermissionDenied | errors.Unauthenticated):
            return Refused(f"no right to {self.name}: {_first_line(why)}")
        if isinstance(why, errors.InvalidArgument | errors.FailedPrecondition):
            return Refused(f"{self.name} cannot be pulled from: {_first_line(why)}")
        return Unreachable(f"the server of {self.name} does not answer: {_first_line(why)}")


def server_address() -> str | None:
    """Where PUBSUB_EMULATOR_HOST says that the server is; None for Google's."""
    return os.environ.get("PUBSUB_EMULATOR_HOST") or None


def _client(address: str | None) -> "SubscriberClient":
    try:
        import grpc
        from google.auth.exceptions import DefaultCredentialsError
        from google.pubsub_v1 import SubscriberClient
        from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
    except ImportError:
        raise InputError("streams need an extra: pip install 'newsbeam[gcp]'") from None
    if address:
        options = [
            ("grpc.max_send_message_length", -1),
            ("grpc.max_receive_message_length", -1),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.max_reconnect_backoff_ms", 5_000),
        ]
        channel = grpc.insecure_channel(address, options)
        return SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
    try:
        return SubscriberClient()
    except DefaultCredentialsError:
        raise InputError(
            "no Google credentials: `gcloud auth application-default login` makes some, and"
            " PUBSUB_EMULATOR_HOST names a server that needs none"
        ) from None


def _errors() -> tuple[Any, tuple[type[Exception], ...]]:
    """Their module, and what to catch for all of them."""
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    return exceptions, (exceptions.GoogleAPIError, GoogleAuthError)


def _calls(ack_ids: Sequence[str]) -> Iterator[list[str]]:
    """The ids in as few calls as the server takes them in."""
    call: list[str] = []
    size = 0
    for ack_id in ack_ids:
        if call and (len(call) == _CALL_IDS or size + len(ack_id) > _CALL_BYTES):
            yield call
            call, size = [], 0
        call.append(ack_id)
        size += len(ack_id) + 4
    if call:
        yield call


def _first_line(why: Exception) -> str:
    said = getattr(why, "message", None) or str(why)
    return said.strip().partition("\n")[0][:200]
