#!/usr/bin/env bash
# What Newsbeam does, on 20,000 made-up events: `make demo`. Everything it writes is in demo/.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n%s\n' "$*"; }

# Runs a verb of the command, after showing it as one would type it.
newsbeam_shown() {
  local shown="" word
  for word in "$@"; do
    case $word in *[[:space:]]*) word="\"$word\"" ;; esac
    shown+=" $word"
  done
  printf '\n$ newsbeam%s\n' "$shown"
  newsbeam "$@"
}

rm -rf demo

say "Ten days of news that never happened: stories, repeats of every kind, broken records."
newsbeam_shown sample --events 20000 --seed 7 --out demo/news

say "Each event becomes one row: a story, a duplicate of a story, or a dead letter with its reason."
newsbeam_shown run demo/news/events.jsonl --lake demo/lake

say "The same again changes nothing: all of it is known."
newsbeam_shown run demo/news/events.jsonl --lake demo/lake

say "Two headlines one verb apart are two stories."
newsbeam_shown query "select topic, title, text[:48] || '…' as text from stories where title like 'Darnell Okafor % league record for games played'" --lake demo/lake

say "What the news was about, and what was repeated most, and what was refused."
newsbeam_shown query "select topic, language, count(*) as stories from stories group by all order by all" --lake demo/lake
newsbeam_shown query "select s.title, count(*) as repeats, string_agg(distinct d.relation, ', ' order by d.relation) as how from stories s join duplicates d using (story_id) group by s.story_id, s.title order by repeats desc, s.title limit 5" --lake demo/lake
newsbeam_shown query "select reason, count(*) as events from dead_letters group by all order by events desc, reason limit 5" --lake demo/lake

say "Why is this one a duplicate?"
edited=$(newsbeam query "select event_id from duplicates where relation = 'near' order by ordinal limit 1" --lake demo/lake --csv | tail -n 1)
newsbeam_shown explain "$edited" --lake demo/lake

say "For people, on one page; for machines, the proof that it all adds up."
newsbeam_shown report --lake demo/lake --out demo/report.html
newsbeam_shown audit --lake demo/lake

say "Open demo/report.html, or ask the lake something: newsbeam query --help"
