"""Whole ways through in a real browser, against `marketplace up`: two web processes, worker and sandbox."""
