"""Honest outcome figures: what we measure, always apart from what somebody claims.

A claim is a published figure of somebody with its source, year and definition. It is never loaded as data and
never shares a series with a measurement. The dashboard comes with a later issue; the table stands from day one.
"""
