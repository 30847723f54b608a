"""The payment sandbox as a process of its own; `marketplace up` starts it where STRIPE_API_KEY is not set."""

import importlib
import os

from marketplace.cli.serve import serve
from marketplace.kernel import launch

APPLICATION = "marketplace.engines.payments.sandbox.app"
TARGET = "marketplace.cli.sandbox:create_app"


def create_app() -> object:
    """The sandbox, which reads its settings from the environment, ending with the process that started it."""
    launch.die_with(os.getppid())
    return importlib.import_module(APPLICATION).create_app()


if __name__ == "__main__":
    # One process: it is the only one that writes its books.
    host, port = os.environ["MARKETPLACE_SANDBOX_HOST"], int(os.environ["MARKETPLACE_SANDBOX_PORT"])
    serve(TARGET, host, port, workers=1, preload=APPLICATION)
