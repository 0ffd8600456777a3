"""The clock: arrivals, horizons and days of the lake go by it."""

import http.client
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from pipelines.check.finding import Finding, note, ok, problem, span
from pipelines.lake.errors import LakeError
from pipelines.lake.log import Lake
from pipelines.lake.reader import read_lake
from pipelines.read.pubsub import server_address

SLIGHT_SECONDS = 2.0  # servers tell whole seconds, and the answer takes a while
GRAVE_SECONDS = 60.0
SOONEST = 1_735_689_600  # 2025: a clock behind that has not been set


def check_clock(lake: Lake | None, now: float | None = None) -> list[Finding]:
    """The machine's clock against the lake's last commit and arrival, and against the server's."""
    now = time.time() if now is None else now
    findings = []
    if now < SOONEST:
        findings.append(problem("clock", "not set: it is before 2025"))
    if lake is not None:
        findings.append(_against_lake(lake, now))
    address = server_address()
    told = server_time(f"http://{address}" if address else "https://pubsub.googleapis.com")
    if told is None:
        findings.append(note("clock", "the server does not tell the time"))
    else:
        findings.append(_against_server(now - told))
    return findings


def server_time(url: str, seconds: float = 3.0) -> float | None:
    """What an HTTP server says the time is, s since 1970; None where it says nothing."""
    at = urlsplit(url)
    kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
    connection = kind(at.netloc, timeout=seconds)
    try:
        connection.request("HEAD", "/")
        said = connection.getresponse().headers["Date"]
        return parsedate_to_datetime(said).timestamp() if said else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _against_lake(lake: Lake, now: float) -> Finding:
    try:
        with read_lake(lake.path) as reader:
            [times] = reader.rows(
                "select epoch(max(last_arrival)), epoch(max(committed_at)) from commits"
            )
    except LakeError as why:
        return problem("clock", str(why))
    known = [time for time in times if time is not None]
    if not known:
        return ok("clock", "the lake holds no commit yet to compare it with")
    behind = max(known) - now
    if behind <= 0:
        return ok("clock", f"the lake's last commit is {span(-behind)} ago by it")
    said = f"{span(behind)} behind the lake's last commit"
    if behind < GRAVE_SECONDS:
        return note("clock", f"{said}: arrivals go on from there")
    return problem(
        "clock",
        f"{said}: arrivals would go on from there, ahead of the time; set the clock, or find out"
        " which machine's was wrong",
    )


def _against_server(ahead: float) -> Finding:
    if abs(ahead) <= SLIGHT_SECONDS:
        return ok("clock", "the server's says the same")
    said = f"{span(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} the server's"
    return (note if abs(ahead) < GRAVE_SECONDS else problem)("clock", said)
