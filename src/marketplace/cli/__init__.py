"""The command `marketplace`: one module per command, imported when it is called.

Commands parse, open the transaction and print; what they do lives below. Without DATABASE_URL they start the embedded
PostgreSQL for themselves, or join the one that `marketplace up` runs.
"""

import importlib
import sys

import click

COMMANDS = {
    "up": "Run everything on this machine until Ctrl-C: database, web, worker, payment sandbox, demo world.",
    "serve": "Run the web processes only.",
    "worker": "Run background tasks and schedules only.",
    "migrate": "Bring the database to this version and load skills and places.",
    "demo": "Fill the demo world.",
    "search": "Ask the search indexes, compare them with PostgreSQL, build them anew, see what waits.",
    "reindex": "Build the search indexes anew from PostgreSQL and swap them in.",
    "import": "Load postings or freelancers from a file: `marketplace import postings FILE --mapping NAME`.",
    "check": "Prove the books; exit code 1 and a list when something is off.",
    "staff": "Make an account a moderator, an operator or finance: `marketplace staff sana@example.org moderator`.",
    "my-data": "Write everything about one person into a ZIP file: `marketplace my-data ayesha@example.org file.zip`.",
    "ledger": "Verify the journal, compare it with Stripe, sign its root, print a statement.",
    "payout": "Batches of payouts: prepare, list, take the file of an approved one; stop all payouts.",
    "statement": "Read a statement of one of the platform's own accounts.",
    "rates": "Read and list exchange rates.",
    "outbox": "Commands to Stripe that are not done: list, retry.",
    "webhook": "Go through a stored event of Stripe once more.",
    "stripe": "Make the webhook endpoints of a live site.",
    "fairs": "Load or write a whole fair; make a published timetable again: `marketplace fairs import SLUG files.zip`.",
    "fees": "Show the published table of fees, or publish a change for new contracts.",
    "clock": "Show the demo's time, or move it forward: `marketplace clock advance 14d`.",
    "doctor": "Say which service of each kind is in use and whether it answers.",
}


_MODULES = {"import": "importing"}
"""Where a command's name is a word of Python."""


class LazyCommands(click.Group):
    """Knows its commands by name and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)  # in the order of use, not of the alphabet

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = _MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        return importlib.import_module(f"marketplace.cli.{module}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Expected failures are one line, not a traceback."""
        from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
        from marketplace.kernel.config import SettingsError
        from marketplace.kernel.database.embedded_place import EmbeddedPostgresFailed
        from marketplace.kernel.errors import DomainError

        try:
            return super().invoke(ctx)
        except (SettingsError, EmbeddedPostgresFailed, OSError, DomainError) as error:
            raise click.ClickException(str(error) or type(error).__name__) from error
        except (PaymentRefused, PaymentUnavailable) as error:
            raise click.ClickException(f"Payments do not answer as they should: {error}") from error


@click.group(cls=LazyCommands, commands={name: click.Command(name, help=text) for name, text in COMMANDS.items()})
def main() -> None:
    """A job and freelance gig marketplace for technology parks."""
    # Compiled modules make the next start twice as fast; some machines forbid them by PYTHONDONTWRITEBYTECODE.
    sys.dont_write_bytecode = False
