"""Services that tests write."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from marketplace.gigs import services
from marketplace.gigs.models import Service
from marketplace.gigs.service_rules import Content, Extra, Package
from marketplace.kernel.database import Session
from marketplace.talent.models import Freelancer

SERVICE = Content(
    title="Shop pages that load fast",
    description="I rebuild one page of your shop so that it opens in a second on a cheap phone.",
    skills=("css", "html"),
    packages=(
        Package("One page", 100_00, 3, 1, "One page, tested on two phones."),
        Package("Three pages", 250_01, 7, 2, "Three pages and their pictures."),
    ),
    extras=(Extra("In Urdu too", 40_00, 2), Extra("Sources", 15_50)),
    questions=("Which phones do your customers use?",),
)


async def offered(db: Session, freelancer: Freelancer, at: datetime, **changes: Any) -> Service:
    """A service that is open."""
    service = await services.make(db, freelancer, replace(SERVICE, **changes), at=at)
    await services.publish(db, service, by=freelancer.user_id, at=at)
    return service
