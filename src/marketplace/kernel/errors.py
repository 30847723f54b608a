"""Errors that people see. Raised in rules and actions, rendered once in web/.

Each says what is wrong, why, and the way out. A broken invariant is an assertion instead.
"""

from typing import ClassVar, Self

from marketplace.kernel.i18n import N_


class DomainError(Exception):
    """What somebody asked for can't be done. `message` is a msgid; `values` fill its %(names)s."""

    status: ClassVar[int] = 409
    message: ClassVar[str] = N_("That is not possible now.")

    def __init__(self, message: str | None = None, **values: object) -> None:
        self.msgid = message or self.message
        self.values = values
        super().__init__(self.msgid % values if values else self.msgid)


class NotFound(DomainError):
    """Not there, or not this person's to see: the answer is the same."""

    status = 404
    message = N_("There is no such page, or it is not yours to see.")


class SignInNeeded(DomainError):
    status = 401
    message = N_("Please sign in first.")


class NotAllowed(DomainError):
    status = 403
    message = N_("You can see this, but you can't do that here.")


class Conflict(DomainError):
    status = 409


class TooMany(DomainError):
    status = 429
    message = N_("Too many tries. Please wait %(minutes)s minutes and try again.")


class Invalid(DomainError):
    """Input that breaks a rule; `fields` maps field names to msgids ("" is the whole form)."""

    status = 422
    message = N_("Please check what you wrote.")

    def __init__(self, fields: dict[str, list[str]], **values: object) -> None:
        super().__init__(next((m for messages in fields.values() for m in messages), None), **values)
        self.fields = fields

    @classmethod
    def at(cls, field: str, message: str, **values: object) -> Self:
        """One message at one field."""
        return cls({field: [message]}, **values)
