"""Times as collectors write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.moments import Clock, moment, unix

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01T12:00:00+00:00", NOON),
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01 15:00:00+03:00", NOON),
        ("2026-03-01 12:00:00", NOON),
        (1772366400, NOON),
        ("1772366400", NOON),
        (1772366400000, NOON),
        ("01.03.2026 14:00:00 UTC+02:00", NOON),
        ("Sun, 01 Mar 2026 12:00:00 +0000", NOON),
        ("Sun, 01 Mar 2026 12:00:00 GMT", NOON),
        ("1 March 2026, 12:00", NOON),
        ("2026-03-01", DAY),
        ("20260301", DAY),
        (20260301, DAY),
        (20260301.0, DAY),
        ("1 March 2026", DAY),
        ("March 1, 2026", DAY),
        ("1 марта 2026 г.", DAY),
        ("1.3.2026", DAY),
        (date(2026, 3, 1), DAY),
        (datetime(2026, 3, 1, 15, tzinfo=timezone(timedelta(hours=3))), NOON),
    ],
)
def test_a_time_is_read_as_utc(written: object, meant: datetime) -> None:
    assert moment(written) == (meant, False)


@pytest.mark.parametrize("written", [2026, 2026.0, "2026"])
def test_a_year_alone_is_flagged(written: object) -> None:
    assert moment(written) == (datetime(2026, 1, 1, tzinfo=UTC), True)


@pytest.mark.parametrize(
    "written",
    [None, True, "", "soon", "32 March 2026", "9999-12-31", "0001-01-01", 1e30, float("nan"),
     [1], {"a": 1}, "12345678901234567", 10**400, "5 Smarch 2026"],
)  # fmt: skip
def test_what_is_no_sensible_time_is_null(written: object) -> None:
    assert moment(written) == (None, False)


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.none(), st.binary()))
def test_no_value_breaks_the_reading(value: object) -> None:
    assert moment(value).at is None or moment(value).at.tzinfo is UTC  # type: ignore[union-attr]


def test_zero_means_none_in_telegrams_unix_times() -> None:
    assert unix("0") is None
    assert unix(1772366400) == NOON


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01 12:00:00 UTC", "2026-03-01 07:00:00 EST", "2026/03/01 15:00:00 +0300",
        "Sun Mar 01 12:00:00 +0000 2026", "Mar 1, 2026, 12:00 PM", "12:00 PM · Mar 1, 2026",
        "Sun Mar 01 2026 15:00:00 GMT+0300 (Moscow)", "2026-03-01 15:00 Europe/Moscow",
        "1 марта 2026 в 12:00", "01.03.26 12:00", "46082.5", "46082,5", 46082.5, "20260301120000",
        1772366400000000, "1772366400000000000", "1.772366400E+12", "13/13/2026",
    ],
)  # fmt: skip
def test_a_time_of_any_program_is_the_same_noon(written: object) -> None:
    assert moment(written).at == (NOON if written != "13/13/2026" else None)


@given(st.dates(date(1970, 1, 1), date(2069, 12, 31)), st.sampled_from(["/", "-", "."]))
def test_days_and_months_are_read_in_the_order_that_is_said(day: date, mark: str) -> None:
    meant = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for order, form in (("dmy", f"%d{mark}%m{mark}%Y"), ("mdy", f"%m{mark}%d{mark}%Y")):
        assert Clock(order).moment(day.strftime(form)).at == meant
    if mark != "." and day.day <= 12 and day.day != day.month:
        assert Clock().moment(day.strftime(f"%d{mark}%m{mark}%Y")).at is None


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 30)).map(
        lambda d: d.replace(microsecond=0)
    )
)
def test_serials_and_epochs_of_any_unit_are_the_same_time(at: datetime) -> None:
    seconds = int(at.replace(tzinfo=UTC).timestamp())
    serial = (at - datetime(1899, 12, 30)).total_seconds() / 86_400
    for written in (seconds, seconds * 1000, seconds * 10**6, str(seconds * 1000), f"{seconds}.0"):
        assert moment(written).at == at.replace(tzinfo=UTC)
    found = moment(f"{serial:.6f}").at
    assert found is not None
    assert abs((found - at.replace(tzinfo=UTC)).total_seconds()) <= 1
