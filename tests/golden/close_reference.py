"""Writes when the NYSE closes, in minutes after midnight in Greenwich, as the weekdays of 1970 to 2037 from which on
it changes: 16:00 in New York by the time zone database (`zoneinfo`), and from 2010 to 2028, where
exchange_calendars (PyPI, 4.13 or later) has the exchange's own days, its early closes:

    pip install exchange-calendars tzdata
    python tests/golden/close_reference.py > schemas/tests/golden/nyse_close.txt
"""
import datetime
import zoneinfo
import exchange_calendars

new_york = zoneinfo.ZoneInfo("America/New_York")
calendar = exchange_calendars.get_calendar("XNYS", start="2010-01-01", end="2028-12-31")
closes = {session.date(): close for session, close in calendar.closes.items()}
print(f"# exchange_calendars {exchange_calendars.__version__}, XNYS; zoneinfo, America/New_York")
day, before = datetime.date(1970, 1, 1), None
while day.year < 2038:
    usual = datetime.datetime.combine(day, datetime.time(16), new_york).astimezone(datetime.timezone.utc)
    close = closes.get(day, usual)
    minutes = close.hour * 60 + close.minute
    if day.weekday() < 5 and minutes != before:
        print(day, minutes)
        before = minutes
    day += datetime.timedelta(days=1)
