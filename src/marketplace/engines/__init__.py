"""Engines know no domain and not each other; each could be a package of its own."""
