"""The evidence pack: all that a dispute is decided by, in one ZIP, each file with its SHA-256.

What lies in it is what both sides have seen: the terms, the deliveries, the conversation, what each said, what was
proposed and decided. `sha256sum -c SHA256SUMS` checks an unpacked one.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from sqlalchemy import select

from marketplace.contracts.disputes.models import Dispute, Statement, StatementFile
from marketplace.contracts.disputes.queries import DisputeView
from marketplace.contracts.models import Contract, Delivery, DeliveryFile, Revision
from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.models import StoredFile
from marketplace.identity.audit import lines_of
from marketplace.kernel.database import AnySession
from marketplace.messages import threads
from marketplace.messages.thread_models import Thread, ThreadFile, ThreadMessage

_PIECE = 256 * 1024
_IN_MEMORY = 8 * 1024 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Pack:
    """Texts by their path, and stored files by theirs."""

    texts: dict[str, str]
    files: dict[str, StoredFile]


async def collect(db: AnySession, view: DisputeView) -> Pack:
    """All that belongs to a dispute that its reader may see."""
    milestone_id = (await db.execute(select(Dispute.milestone_id).where(Dispute.id == view.id))).scalar_one()
    contract = await db.get_one(Contract, view.contract_id)
    pack = Pack({}, {})
    pack.texts["contract.json"] = _json(
        {"title": contract.title, "sha256": contract.terms_hash, "terms": contract.terms}
    )
    pack.texts["milestone.json"] = _json(await _facts(db, view, contract))
    await _deliveries(db, milestone_id, pack)
    await _statements(db, view, pack)
    await _conversation(db, contract.id, pack)
    return pack


async def write(pack: Pack, folder: Folder) -> AsyncIterator[bytes]:
    """The ZIP in pieces. The same pack gives the same bytes."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as target:
        await _fill(target, pack, folder)
        target.seek(0)
        while piece := target.read(_PIECE):
            yield piece


async def _fill(target: IO[bytes], pack: Pack, folder: Folder) -> None:
    sums: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in pack.texts.items():
            data = text.encode()
            archive.writestr(_entry(path), data)
            sums.append(f"{hashlib.sha256(data).hexdigest()}  {path}")
        for path, file in pack.files.items():
            with archive.open(_entry(path), "w") as entry:
                async for piece in await files.open_file(folder, file):
                    entry.write(piece)
            sums.append(f"{file.sha256}  {path}")
        archive.writestr(_entry("SHA256SUMS"), "\n".join(sums) + "\n")


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, date_time=_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


async def _facts(db: AnySession, view: DisputeView, contract: Contract) -> dict[str, Any]:
    lines = await lines_of(db, ("contract", contract.id))
    decided = [
        {
            **{"cause": each.cause, "release": each.release.amount_minor, "refund": each.refund.amount_minor},
            **{"reason": each.reason, "at": each.made_at, "appeal": each.appeal, "in_force_at": each.in_force_at},
        }
        for each in view.settlements
    ]
    return {
        "number": view.number,
        "title": view.milestone_title,
        "amount_minor": view.amount.amount_minor,
        "currency": view.amount.currency,
        "freelancer": view.freelancer_name,
        "employer": view.organisation_name,
        "disputed_at": view.opened_at,
        "disputed_by": view.opened_by,
        "decisions": decided,
        "history": [{"at": line.at, "what": line.action, "who": line.by_name, **line.values} for line in lines],
    }


async def _deliveries(db: AnySession, milestone_id: UUID, pack: Pack) -> None:
    query = (
        select(Delivery, Revision.missing, Revision.asked_at)
        .outerjoin(Revision, Revision.delivery_id == Delivery.id)
        .where(Delivery.milestone_id == milestone_id)
        .order_by(Delivery.number)
    )
    for delivery, missing, asked_at in (await db.execute(query)).all():
        place = f"deliveries/{delivery.number}"
        pack.texts[f"{place}/text.txt"] = f"{delivery.delivered_at.isoformat()}\n\n{delivery.text}\n"
        if missing:
            pack.texts[f"{place}/missing.txt"] = f"{asked_at.isoformat()}\n\n{missing}\n"
        given = select(StoredFile).join(DeliveryFile).where(DeliveryFile.delivery_id == delivery.id)
        await _add(db, given, f"{place}/files", pack)


async def _statements(db: AnySession, view: DisputeView, pack: Pack) -> None:
    query = select(Statement).where(Statement.dispute_id == view.id).order_by(Statement.id)
    for number, statement in enumerate((await db.execute(query)).scalars().all(), 1):
        place = f"statements/{number:02}-{statement.side}"
        pack.texts[f"{place}.txt"] = f"{statement.at.isoformat()}\n\n{statement.text}\n"
        given = select(StoredFile).join(StatementFile).where(StatementFile.statement_id == statement.id)
        await _add(db, given, f"{place}-files", pack)


async def _conversation(db: AnySession, contract_id: UUID, pack: Pack) -> None:
    found = select(Thread.id).where(Thread.kind == "contract", Thread.subject_id == contract_id)
    thread_id = await db.scalar(found)
    if thread_id is None:
        return
    pack.texts["messages.json"] = _json(await threads.export(db, thread_id, most=10_000))
    given = (
        select(StoredFile)
        .join(ThreadFile, ThreadFile.file_id == StoredFile.id)
        .join(ThreadMessage, ThreadMessage.id == ThreadFile.message_id)
        .where(ThreadMessage.thread_id == thread_id, ThreadMessage.hidden_at.is_(None))
    )
    await _add(db, given, "messages-files", pack)


async def _add(db: AnySession, query: Any, place: str, pack: Pack) -> None:
    for number, file in enumerate((await db.execute(query.order_by(StoredFile.id))).scalars().all(), 1):
        pack.files[f"{place}/{number:02}-{file.name}"] = file


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=_plain) + "\n"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
