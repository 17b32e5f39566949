"""Who is hit: draws that depend on what they are for alone, so that taking one fault or step away moves no other."""

from hashlib import blake2b

_BITS = 53  # as many as a float tells apart below 1; with more, the largest would be rounded up to 1 itself


def drawn(*parts: str | int) -> float:
    """From 0 to below 1, the same for the same `parts` on every machine, and evenly spread over different ones.

    So `drawn(...) < fraction` is always true for a fraction of 1. A number is the same part as its digits.
    """
    texts = [str(part).encode(errors="surrogatepass") for part in parts]
    key = b"".join(b"%d:%b" % (len(text), text) for text in texts)  # no text can look like two parts
    return (int.from_bytes(blake2b(key, digest_size=8).digest()) >> (64 - _BITS)) / (1 << _BITS)
