"""Fairs as pages: for everybody, for their organiser, for those who take part, and for the day."""
