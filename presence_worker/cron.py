"""Times of day as cron writes them."""

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def check_cron(line: str) -> None:
    """Raise ValueError where a *line* has no five fields of cron, or no day has such a time."""
    try:
        next(CronSim(line, ANY_DAY))
    except CronSimError as error:
        raise ValueError(f'{error}; it must have five fields of cron, such as "30 2 * * *"') from None
    except StopIteration:
        raise ValueError("no day has such a time") from None
