"""What every floor stands on: settings, money, time, ids, errors, words, the database, events and the queue.

Knows no domain. Nothing here imports from any other package of the marketplace.
"""
