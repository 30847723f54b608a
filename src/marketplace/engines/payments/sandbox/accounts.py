"""Connected accounts: made by Accounts v2, read in both versions, completed on the hosted onboarding page."""

from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.desk import Desk, iso, new_id
from marketplace.engines.payments.sandbox.parameters import (
    EXPAND,
    boolean,
    each,
    integer,
    metadata,
    one_of,
    shape,
    text,
)
from marketplace.engines.payments.sandbox.refusals import Refusal, invalid_parameter

_INCLUDES = (
    "configuration.customer",
    "configuration.merchant",
    "configuration.recipient",
    "defaults",
    "future_requirements",
    "identity",
    "requirements",
)
_INCLUDE = each(one_of(*_INCLUDES))
_REQUESTED = shape(("requested",), requested=boolean)
_COLLECTORS = one_of("application", "stripe")

CREATE = shape(
    configuration=shape(recipient=shape(capabilities=shape(stripe_balance=shape(stripe_transfers=_REQUESTED)))),
    contact_email=text,
    contact_phone=text,
    dashboard=one_of("express", "full", "none"),
    defaults=shape(
        currency=text,
        responsibilities=shape(
            ("fees_collector", "losses_collector"), fees_collector=_COLLECTORS, losses_collector=_COLLECTORS
        ),
    ),
    display_name=text,
    identity=shape(country=text, entity_type=one_of("company", "government_entity", "individual", "non_profit")),
    include=_INCLUDE,
    metadata=metadata,
)
RETRIEVE_V2 = shape(include=_INCLUDE)
LIST_V2 = shape(applied_configurations=each(text), closed=boolean, limit=integer)
RETRIEVE_V1 = shape(expand=EXPAND)


def create(desk: Desk, given: Wire) -> Wire:
    """POST /v2/core/accounts"""
    identity = given.get("identity", {})
    country = str(identity.get("country", "us")).upper()
    if len(country) != 2:
        raise invalid_parameter("identity[country]", f"Invalid country: {country}")
    if country in desk.setting("unapproved_countries"):
        raise Refusal(
            "Your platform needs approval for accounts to have requested the `transfers` capability"
            " without the `card_payments` capability."
        )
    account: Wire = {
        "id": new_id("acct", 16),
        "object": "account",
        "created": desk.now,
        "country": country,
        "entity_type": identity.get("entity_type", "individual"),
        "email": given.get("contact_email"),
        "name": given.get("display_name"),
        "dashboard": given.get("dashboard", "express"),
        "responsibilities": given.get("defaults", {}).get("responsibilities", {}),
        "metadata": given.get("metadata", {}),
        "is_recipient": "recipient" in given.get("configuration", {}),
        "is_complete": False,
        "bank": None,
    }
    desk.insert(account, account="")
    desk.tell_of_account("v2.core.account.created", account["id"])
    return v2(account, given.get("include", []))


def retrieve_v2(desk: Desk, given: Wire) -> Wire:
    """GET /v2/core/accounts/{id}"""
    return v2(desk.find("account", given["id"]), given.get("include", []))


def list_v2(desk: Desk, given: Wire) -> Wire:
    """GET /v2/core/accounts"""
    limit = min(given.get("limit", 20), 100)
    found = desk.books.newest("account", [], limit=limit)
    return {"data": [v2(each, []) for each in found], "next_page_url": None, "previous_page_url": None}


def retrieve_v1(desk: Desk, given: Wire) -> Wire:
    """GET /v1/accounts/{id}"""
    return v1(desk, desk.find("account", given["id"]))


def complete(desk: Desk, account: Wire, *, country: str, name: str, iban: str) -> None:
    """What the onboarding page does when all is filled in: the account may receive and pay out."""
    account = {
        **account,
        "country": country,
        "name": name,
        "is_complete": True,
        "bank": {"id": new_id("ba"), "last4": iban[-4:], "holder": name, "country": country},
    }
    desk.books.update(account)
    id = str(account["id"])
    desk.tell("account.external_account.created", _bank(account), account=id)
    desk.tell("account.updated", v1(desk, account), account=id)
    desk.tell_of_account("v2.core.account[requirements].updated", id)
    desk.tell_of_account("v2.core.account[configuration.recipient].capability_status_updated", id)


def v1(desk: Desk, account: Wire) -> Wire:
    """The account as /v1/accounts shows it."""
    is_complete = account["is_complete"]
    due = [] if is_complete else ["external_account", "individual.first_name", "tos_acceptance.date"]
    banks = [_bank(account)] if account["bank"] else []
    return {
        "id": account["id"],
        "object": "account",
        "business_profile": None,
        "business_type": account["entity_type"],
        "capabilities": {"transfers": "active" if is_complete else "inactive"},
        "charges_enabled": False,
        "controller": _controller(account),
        "country": account["country"],
        "created": account["created"],
        "default_currency": "usd",
        "details_submitted": is_complete,
        "email": account["email"],
        "external_accounts": {
            "object": "list",
            "data": banks,
            "has_more": False,
            "total_count": len(banks),
            "url": f"/v1/accounts/{account['id']}/external_accounts",
        },
        "metadata": account["metadata"],
        "payouts_enabled": is_complete,
        "requirements": _requirements(due),
        "settings": _settings(desk, account),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None, "service_agreement": "recipient"},
        "type": "none",
    }


def _controller(account: Wire) -> Wire:
    return {
        "fees": {"payer": account["responsibilities"].get("fees_collector", "application")},
        "is_controller": True,
        "losses": {"payments": account["responsibilities"].get("losses_collector", "application")},
        "requirement_collection": "stripe",
        "stripe_dashboard": {"type": account["dashboard"]},
        "type": "application",
    }


def _requirements(due: list[str]) -> Wire:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": due,
        "disabled_reason": "requirements.past_due" if due else None,
        "errors": [],
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    }


def _settings(desk: Desk, account: Wire) -> Wire:
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": account["name"], "timezone": "Etc/UTC"},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": False,
            "schedule": {"delay_days": 2, "interval": desk.books.setting(f"interval:{account['id']}", "daily")},
            "statement_descriptor": None,
        },
    }


def _bank(account: Wire) -> Wire:
    bank = account["bank"]
    return {
        "id": bank["id"],
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": bank["holder"],
        "account_holder_type": "individual",
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "SANDBOX BANK",
        "country": bank["country"],
        "currency": "usd",
        "default_for_currency": True,
        "fingerprint": None,
        "last4": bank["last4"],
        "metadata": {},
        "routing_number": None,
        "status": "new",
    }


def v2(account: Wire, include: list[str]) -> Wire:
    """The account as /v2/core/accounts shows it; most of it only where it is asked for by `include`."""
    parts: dict[str, Wire] = {
        "configuration.recipient": {"configuration": {"recipient": _recipient(account)}},
        "defaults": {
            "defaults": {
                "currency": "usd",
                "responsibilities": {**account["responsibilities"], "requirements_collector": "stripe"},
            }
        },
        "identity": {"identity": {"country": account["country"].lower(), "entity_type": account["entity_type"]}},
        "requirements": {"requirements": {"entries": [] if account["is_complete"] else [_entry()]}},
    }
    shown: Wire = {
        "id": account["id"],
        "object": "v2.core.account",
        "applied_configurations": ["recipient"] if account["is_recipient"] else [],
        "closed": False,
        "created": iso(account["created"]),
        "dashboard": account["dashboard"],
        "livemode": False,
        "metadata": account["metadata"],
    }
    for name, field in (("contact_email", "email"), ("display_name", "name")):
        if account[field]:
            shown[name] = account[field]
    for name in include:
        shown |= parts.get(name, {})
    return shown


def _recipient(account: Wire) -> Wire:
    details = [] if account["is_complete"] else [{"code": "requirements_past_due", "resolution": "provide_info"}]
    status = {"status": "active" if account["is_complete"] else "restricted", "status_details": details}
    return {
        "applied": True,
        "capabilities": {"stripe_balance": {"payouts": status, "stripe_transfers": status}},
    }


def _entry() -> Wire:
    return {
        "awaiting_action_from": "user",
        "description": "external_account",
        "errors": [],
        "impact": {},
        "minimum_deadline": {"status": "past_due"},
        "requested_reasons": [],
    }
