"""Fairs: their organisers, employers, candidates, timetables, days."""
