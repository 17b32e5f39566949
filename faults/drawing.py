"""Who is hit: draws that depend on what they are for alone, so that taking one fault or step away moves no other."""

from hashlib import blake2b


def drawn(*parts: str | int) -> float:
    """From 0 to 1, the same for the same `parts` on every machine, and evenly spread over different ones."""
    key = "\x1f".join(map(str, parts)).encode(errors="surrogatepass")
    return int.from_bytes(blake2b(key, digest_size=8).digest()) / (1 << 64)
