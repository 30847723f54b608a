"""What contracts tell the floors above and their own parts."""

from uuid import UUID

from marketplace.kernel.events import Event


class ContractEnded(Event, frozen=True):
    """A contract is completed or cancelled. Published in the transaction that ends it."""

    contract_id: UUID
