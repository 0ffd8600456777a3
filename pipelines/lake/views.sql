-- The lake as people ask it: one view a kind of row, each with its own columns in the order of
-- schemas/tables.py, so that `select count(*)` needs no footnote.
--
-- `lake` is the whole table and must exist already. In DuckDB's own shell, say
--   create view lake as from delta_scan('LAKE');
-- and then `.read views.sql`. Left out are `kind`, which the view's name says, and `bands`, which
-- only the index reads; `lake` has both.

create or replace view stories as
select arrived_date, "commit", ordinal, event_id, attributes, arrived_at, story_id,
    previous_story_id, publisher_id, url, url_key, title, text, summary, truncated, authors, section,
    publisher, site, language, language_declared, published_at, published_raw, topic, politics_score,
    sports_score, topic_confident, topic_codes, extra
from lake where kind = 'story';

create or replace view duplicates as
select arrived_date, "commit", ordinal, event_id, attributes, arrived_at, story_id,
    previous_story_id, publisher_id, url, url_key, title, text, summary, truncated, authors, section,
    publisher, site, language, language_declared, published_at, published_raw, topic, politics_score,
    sports_score, topic_confident, topic_codes, extra, relation, similarity, containment
from lake where kind = 'duplicate';

create or replace view dead_letters as
select arrived_date, "commit", ordinal, event_id, attributes, arrived_at, stage, reason, detail, payload
from lake where kind = 'dead_letter';

create or replace view commits as
select arrived_date, "commit", action, received, stories, duplicates, dead_letters, redelivered, sources,
    first_arrival, last_arrival, committed_at, versions
from lake where kind = 'commit';
