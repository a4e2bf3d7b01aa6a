"""Damaged copies of a file, as Hypothesis draws them."""

from hypothesis import strategies as st


def mutants(content: bytes) -> st.SearchStrategy[bytes]:
    """The content with some bytes changed, cut off at some place, and with some bytes behind it."""
    places = st.integers(0, len(content) - 1)
    changes = st.dictionaries(places, st.integers(0, 255), max_size=4)
    ends = st.just(len(content)) | places
    tails = st.just(b"") | st.binary(max_size=8)
    return st.builds(damage, st.just(content), changes, ends, tails)


def damage(content: bytes, changes: dict[int, int], end: int, tail: bytes) -> bytes:
    changed = bytearray(content)
    for place, value in changes.items():
        changed[place] = value
    return bytes(changed[:end]) + tail
