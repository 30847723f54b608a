"""Statements as a bank would write them."""

from collections.abc import Sequence

HEAD = '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'


def camt(*entries: str, iban: str = "PK67SCBL0000001234567801", number: int = 1) -> bytes:
    """A camt.053 with one statement."""
    balance = (
        "<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>"
        '<Amt Ccy="PKR">12345.67</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
    )
    account = f"<Id>{number}</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{balance}"
    return f"{HEAD}<BkToCstmrStmt><Stmt>{account}{''.join(entries)}</Stmt></BkToCstmrStmt></Document>".encode()


def entry(
    side: str,
    amount: str,
    details: Sequence[tuple[str, str, str]],
    *,
    key: str = "",
    on: str = "2026-12-01",
    status: str = "BOOK",
    currency: str = "PKR",
) -> str:
    """One booking; `details` are (reference, amount, reason for which it came back)."""
    parts = "".join(_details(*each, currency) for each in details)
    key = f"<AcctSvcrRef>{key}</AcctSvcrRef>" if key else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>'
        f"<BookgDt><Dt>{on}</Dt></BookgDt>{key}<NtryDtls>{parts}</NtryDtls></Ntry>"
    )


def _details(reference: str, amount: str, reason: str, currency: str) -> str:
    returned = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
    return (
        f'<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs><Amt Ccy="{currency}">{amount}</Amt>'
        f"{returned}</TxDtls>"
    )
