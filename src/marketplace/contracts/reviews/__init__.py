"""Reviews: how each side of a contract found the other, after money moved.

    review   written (blind, may still be changed) → shown (both have written, or 14 days after the contract's end)
             → hidden (a moderator decided so)

Until it is shown a review exists for the side that wrote it and for nobody else: no page, notice, count or export of
the other side or of a stranger depends on it. Afterwards nobody changes it; the reviewed side may reply once.
`reputation` makes one figure of all that are shown, by a published formula (docs/reputation.md).
"""
