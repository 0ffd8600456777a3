"""A lake's settings, as its table's properties hold them from version 1 on."""

from pathlib import Path

from pipelines.lake.errors import OtherSettings, OtherVersion
from pipelines.settings import Verdicts

FORMAT = "1"
STATISTICS = ("commit", "ordinal", "arrived_at", "published_at")
_PREFIX = "newsbeam."


def properties_of(verdicts: Verdicts) -> dict[str, str]:
    """What a new lake's table is told."""
    ours = {"format": FORMAT, **{k: str(v) for k, v in verdicts.model_dump().items()}}
    return {
        **{_PREFIX + name: value for name, value in ours.items()},
        # Each live file's statistics are held by every handle: of these columns only.
        "delta.dataSkippingStatsColumns": ",".join(STATISTICS),
        "delta.logRetentionDuration": "interval 7 days",
        "delta.deletedFileRetentionDuration": "interval 1 days",
    }


def verdicts_in(path: Path, properties: dict[str, str]) -> Verdicts | None:
    """The verdict settings among the properties of the table at `path`; None where there are none.

    Raises:
        OtherVersion: its format is not ours.
    """
    version = properties.get(_PREFIX + "format")
    if version is None:
        return None
    if version != FORMAT:
        raise OtherVersion(
            f"the lake at {path} has format {version}, and this Newsbeam knows only {FORMAT}"
        )
    names = {name: properties.get(_PREFIX + name) for name in Verdicts.model_fields}
    return Verdicts.model_validate({k: v for k, v in names.items() if v is not None})


def refuse_other_settings(path: Path, has: Verdicts, asked: Verdicts | None) -> None:
    """Raises OtherSettings where one that was asked for explicitly is not the lake's."""
    for name in sorted(asked.model_fields_set) if asked else ():
        own, wanted = getattr(has, name), getattr(asked, name)
        if own != wanted:
            raise OtherSettings(
                f"the lake at {path} was made with {name} {own}, not {wanted}: leave that setting "
                "out, or make another lake"
            )
