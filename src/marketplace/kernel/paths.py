"""Where the data that travels with the code lies: templates, migrations, search, locale."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def resource(name: str) -> Path:
    """Return the folder `name` beside the installed package, or in the repository when run from a checkout.

    Raises: FileNotFoundError when neither exists (a broken installation).
    """
    for folder in (PACKAGE / name, PACKAGE.parents[1] / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"{name}/ is missing: install the package again")
