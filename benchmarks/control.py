"""The control that streams are measured beside: it pulls and acknowledges, and does nothing else.

    python -m benchmarks.control SUBSCRIPTION MESSAGES

It pulls as a stream does, with four threads, and ends after so many messages, with one JSON object:
`seconds` from the first message to the last acknowledgement, and the messages' ages, in seconds
from publishing to the acknowledgement, as `median` and `late` (the 99th percentile).
"""

import json
import sys
import threading
import time

import numpy as np

from pipelines.read.pubsub import Subscription

SIDE_BY_SIDE = 4


def main() -> None:
    """Pull and acknowledge that many messages."""
    name, wanted = sys.argv[1], int(sys.argv[2])
    subscription = Subscription(name)
    ages: list[float] = []
    began: list[float] = []

    def pull() -> None:
        while len(ages) < wanted:
            received = subscription.pull()
            if received:
                began.append(time.monotonic())
                subscription.acknowledge([each.ack_id for each in received])
                now = time.time_ns()
                sent = [each.message.publish_time.ToNanoseconds() for each in received]
                ages.extend((now - at) / 1e9 for at in sent)

    threads = [threading.Thread(target=pull, daemon=True) for _ in range(SIDE_BY_SIDE)]
    for thread in threads:
        thread.start()
    while len(ages) < wanted:  # a pull that finds nothing may wait for long
        time.sleep(0.01)
    seconds = time.monotonic() - min(began)
    median, late = np.percentile(ages, (50, 99)).tolist()
    print(json.dumps({"seconds": seconds, "median": median, "late": late}))


if __name__ == "__main__":
    main()
