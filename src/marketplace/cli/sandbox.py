"""The payment sandbox as a process of its own; `marketplace up` starts it where STRIPE_API_KEY is not set."""

import os

from marketplace.cli.serve import serve
from marketplace.kernel import launch

TARGET = "marketplace.cli.sandbox:create_app"


def create_app() -> object:
    """The sandbox, which reads its settings from the environment, ending with the process that started it."""
    from marketplace.engines.payments.sandbox.app import create_app as create

    launch.die_with(os.getppid())
    return create()


if __name__ == "__main__":
    # One process: it is the only one that writes its books.
    serve(TARGET, os.environ["MARKETPLACE_SANDBOX_HOST"], int(os.environ["MARKETPLACE_SANDBOX_PORT"]), workers=1)
