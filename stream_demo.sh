#!/usr/bin/env bash
# How Newsbeam takes a stream, and that nothing is lost when it is killed: `make stream-demo`.
# RUNNER=prism shows the same on Prism. Everything it writes is in stream_demo/.
set -euo pipefail
cd "$(dirname "$0")"

DIR=stream_demo
RUNNER=${RUNNER:-direct}
WORDS=(stream --subscription projects/newsbeam/subscriptions/stream-demo --lake "$DIR/lake")
WORDS+=(--window-seconds 3)
FLAGS=()
server="" publisher="" stream=""

say() { printf '\n%s\n' "$*"; }

# Ends what was started, whatever it is at; a process that is killed takes its own with it.
leave() {
  for pid in $stream $publisher $server; do
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  [ "$1" -eq 0 ] || rm -rf "$DIR"
}
trap 'leave $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Starts the stream, after showing it as one would type it.
start_stream() {
  local words=("${WORDS[@]}" "$@" ${FLAGS[@]+"${FLAGS[@]}"})
  printf '\n$ newsbeam %s\n' "${words[*]}"
  newsbeam "${words[@]}" > >(indented) &
  stream=$!
}

indented() {
  local line
  while IFS= read -r line; do printf '  %s\n' "$line" | tee -a "$DIR/said"; done
}

# Waits until that many commits were told; gives up if what should make them ends.
until_commits() {
  until [ "$(grep -c version "$DIR/said")" -ge "$1" ]; do
    kill -0 "$stream" || exit 1
    sleep 0.1
  done
}

rm -rf "$DIR"
mkdir "$DIR"
touch "$DIR/said"

say "A Pub/Sub server. The first time it is built, which takes a minute or two."
python -m benchmarks.feed serve "$DIR" &
server=$!
until [ -e "$DIR/address" ]; do
  kill -0 "$server" 2>/dev/null || { wait "$server" || exit 1; }
  sleep 0.1
done
PUBSUB_EMULATOR_HOST=$(cat "$DIR/address")
export PUBSUB_EMULATOR_HOST

if [ "$RUNNER" != direct ]; then
  WORDS+=(--runner "$RUNNER")
  FLAGS=(-- "--prism_location=$(python -c 'from tests.real.servers import build_prism; print(build_prism())')")
fi

newsbeam sample --events 6000 --seed 7 --out "$DIR/news" > "$DIR/sample.txt"

say "A stream takes its messages: a commit every three seconds, and only then acknowledgements."
start_stream

say "Made-up news is published, 200 messages a second for half a minute."
python -m benchmarks.feed publish "$DIR" "$DIR/news/events.jsonl" --rate 200 &
publisher=$!

until_commits 3
sleep 1.5
say "Now the worst: it is killed in the midst of it, with hundreds of messages in its hands."
printf '\n$ kill -9 %s\n' "$stream"
kill -9 "$stream"
wait "$stream" 2>/dev/null || true
stream=""
sleep 2

say "Another one goes on. What the first had not committed is delivered again after ten seconds."
start_stream --until-caught-up
wait "$publisher"
publisher=""
wait "$stream"
stream=""

say "Every message published is in exactly one row of the lake:"
python -m benchmarks.feed account "$DIR" "$DIR/lake"
printf '\n$ newsbeam audit --lake %s/lake\n' "$DIR"
newsbeam audit --lake "$DIR/lake"

say "The lake is in $DIR/lake: newsbeam query --help"
