"""Whole ways through the site in a real browser, against `marketplace up` with two web processes, worker and sandbox."""
