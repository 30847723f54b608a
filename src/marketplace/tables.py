"""Imports every `models` and `…_models` module, so that the metadata is complete: for migrations and their check."""

import importlib
import pkgutil

import marketplace


def load_all() -> None:
    """Import all tables of all domains and engines."""
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if module.name.endswith("models"):
            importlib.import_module(module.name)
