"""Where people work: districts, technology parks and e-Rozgaar centres, and outages there.

Places are data (search/places.toml). An outage is a stretch of time in which a place could not work; it moves
the deadlines of those affected (engines/deadlines pauses them).
"""
