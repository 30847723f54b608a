"""Documents as PDF, set by Typst: a title, facts, one table, totals, notes. In English and, right to left, in Urdu.

A document is data (`Document`); `Press.pdf` sets it in a thread, a few at a time, and keeps the file under the hash of
the data and of the template: the same document is set once. Nothing in a document is ever read as markup.
"""
