"""Amounts that can be added up without being read: Pedersen commitments (Pedersen, CRYPTO '91).

C = g^amount · h^blind in the squares modulo the 2048-bit safe prime of RFC 3526, section 3. Products of commitments
commit to sums. The blinds of a transaction add up to zero like its amounts, so everybody can see that the product of
its commitments is 1, and nobody without the blinds learns an amount. h is hashed from a sentence, so that nobody
knows its logarithm to the base g and a commitment can be opened in one way only.
"""

import hashlib
import hmac
from collections.abc import Sequence

P = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
G = 4
SENTENCE = b"marketplace journal: the second base, number "
H = pow(int.from_bytes(b"".join(hashlib.sha256(SENTENCE + b"%d" % n).digest() for n in range(9))) % P, 2, P)


def commit(amount: int, blind: int) -> int:
    """The commitment to `amount` (any sign)."""
    return pow(G, amount, P) * pow(H, blind, P) % P


def blinds(key: bytes, transaction: bytes, codes: Sequence[str]) -> list[int]:
    """A blind for each line of one currency of a transaction, the same every time; they add up to zero."""
    found = [int.from_bytes(hmac.digest(key, transaction + code.encode(), "sha256")) for code in codes[:-1]]
    return [*found, -sum(found)]
