"""The table of rules keeps its own promises."""

from pipelines.normalize.rules import RULES


def test_general_rules_spare_what_may_be_an_id():
    """No protected name is a tracker everywhere, not even by its beginning."""
    assert not RULES.protected & RULES.trackers
    assert not [name for name in RULES.protected if name.startswith(RULES.tracker_prefixes)]


def test_rules_are_in_lower_case():
    """Names are compared in lower case, so a rule in capitals would never hold."""
    for names in (
        RULES.protected,
        RULES.trackers,
        RULES.tracker_prefixes,
        RULES.tracker_parts,
        RULES.channel_names,
        RULES.channel_values,
        RULES.amp_parameters,
        RULES.index_files,
        *RULES.host_trackers.values(),
        *RULES.host_protected.values(),
    ):
        assert [name for name in names if name != name.lower()] == []
