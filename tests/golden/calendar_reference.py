"""Writes the weekdays of 2010 to 2028 on which the NYSE is closed, by exchange_calendars (PyPI, 4.13 or later):

    pip install exchange-calendars
    python tests/golden/calendar_reference.py > schemas/tests/golden/nyse_closed.txt
"""
import datetime
import exchange_calendars

calendar = exchange_calendars.get_calendar("XNYS", start="2010-01-01", end="2028-12-31")
sessions = {session.date() for session in calendar.sessions}
print(f"# exchange_calendars {exchange_calendars.__version__}, XNYS, weekdays without a session")
day = datetime.date(2010, 1, 1)
while day.year < 2029:
    if day.weekday() < 5 and day not in sessions:
        print(day)
    day += datetime.timedelta(days=1)
