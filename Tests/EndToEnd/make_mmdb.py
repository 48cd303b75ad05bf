"""Writes a small geolocation database: MaxMind DB format 2.0, records like those of GeoLite2-City.

    make_mmdb.py PATH       writes a sample

    write_mmdb(path, {"200.0.1.0/24": city("BR", "Brazil", "Recife", -8.05, -34.9, "SA")})

A database of version 6 holds its IPv4 networks at ::/96, where readers look for them. Of networks inside one
another the smaller one counts."""

from __future__ import annotations

import ipaddress
import struct
import sys
from pathlib import Path

METADATA_MARKER = b"\xab\xcd\xefMaxMind.com"
# A pointer into the data section counts from the end of the tree, where these zeros lie.
SEPARATOR = bytes(16)

TEXT, DOUBLE, UINT16, UINT32, MAP, INT32, UINT64, ARRAY, BOOLEAN, FLOAT = 2, 3, 5, 6, 7, 8, 9, 11, 14, 15


class Sized(int):
    """A number that is written as one type: `Sized(6, UINT16)`."""

    kind: int

    def __new__(cls, value: int, kind: int):
        number = super().__new__(cls, value)
        number.kind = kind
        return number


class Single(float):
    """A number of 32 bits, which some databases have in place of doubles."""


def city(
    code: str = "", country: str = "", name: str = "", latitude: float | None = None, longitude: float | None = None,
    continent: str = "",
) -> dict:
    """A record as GeoLite2-City has it. What is empty is left out, as it is there."""
    record: dict = {}
    if name:
        record["city"] = {"geoname_id": 1, "names": {"de": f"{name} (de)", "en": name}}
    if continent:
        record["continent"] = {"code": continent, "geoname_id": 2, "names": {"en": f"Continent {continent}"}}
    if code or country:
        record["country"] = {"geoname_id": 3, "iso_code": code, "names": {"de": f"{country} (de)", "en": country}}
    if latitude is not None and longitude is not None:
        record["location"] = {"accuracy_radius": Sized(20, UINT16), "latitude": latitude, "longitude": longitude}
    return record  # fmt: skip


# ---------------------------------------------------------------------------------------------------- data section


def control(kind: int, size: int) -> bytes:
    """The octets before a value: its type, and its size or, of a map or an array, how many members it has."""
    if size < 29:
        low, more = size, b""
    elif size < 285:
        low, more = 29, struct.pack(">B", size - 29)
    elif size < 65_821:
        low, more = 30, struct.pack(">H", size - 285)
    elif size < 16_843_036:
        low, more = 31, (size - 65_821).to_bytes(3, "big")
    else:
        raise ValueError(f"{size} octets are too many for one value")
    if kind > 7:
        return bytes([low, kind - 7]) + more
    return bytes([kind << 5 | low]) + more


def unsigned(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def encode(value) -> bytes:
    match value:
        case bool():
            return control(BOOLEAN, int(value))
        case Sized():
            octets = unsigned(value)
            return control(value.kind, len(octets)) + octets
        case int() if value < 0:
            return control(INT32, 4) + struct.pack(">i", value)
        case int():
            octets = unsigned(value)
            return control(UINT32 if value < 1 << 32 else UINT64, len(octets)) + octets
        case Single():
            return control(FLOAT, 4) + struct.pack(">f", value)
        case float():
            return control(DOUBLE, 8) + struct.pack(">d", value)
        case str():
            octets = value.encode()
            return control(TEXT, len(octets)) + octets
        case dict():
            return control(MAP, len(value)) + b"".join(encode(str(name)) + encode(part) for name, part in value.items())
        case list() | tuple():
            return control(ARRAY, len(value)) + b"".join(map(encode, value))
    raise TypeError(f"a MaxMind database has no {type(value).__name__}")


# ---------------------------------------------------------------------------------------------------- search tree


class Node:
    """Left and right: another node, the place of a record in the data section, or nothing."""

    __slots__ = ("children", "number")

    def __init__(self, inherited: int | None = None):
        self.children: list[Node | int | None] = [inherited, inherited]
        self.number = -1


def insert(root: Node, bits: str, place: int) -> None:
    """Of what is split the other half keeps what it had, so larger networks go first."""
    if not bits:
        root.children = [place, place]
        return
    node = root
    for bit in bits[:-1]:
        child = node.children[int(bit)]
        if not isinstance(child, Node):
            child = node.children[int(bit)] = Node(child)
        node = child
    node.children[int(bits[-1])] = place


def numbered(root: Node) -> list[Node]:
    root.number = 0
    nodes = [root]
    for node in nodes:
        for child in node.children:
            if isinstance(child, Node):
                child.number = len(nodes)
                nodes.append(child)
    return nodes


def path_of(network: str, ip_version: int) -> str:
    parsed = ipaddress.ip_network(network)
    if parsed.version > ip_version:
        raise ValueError(f"{network} does not fit a database of IPv{ip_version}")
    bits = f"{int(parsed.network_address):0{parsed.max_prefixlen}b}"[: parsed.prefixlen]
    return "0" * 96 + bits if parsed.version < ip_version else bits


def pack(left: int, right: int, record_size: int) -> bytes:
    if max(left, right) >= 1 << record_size:
        raise ValueError(f"too large for records of {record_size} bits")
    if record_size == 28:
        middle = (left >> 24) << 4 | right >> 24
        low = 0xFF_FFFF
        return (left & low).to_bytes(3, "big") + bytes([middle]) + (right & low).to_bytes(3, "big")
    return left.to_bytes(record_size // 8, "big") + right.to_bytes(record_size // 8, "big")


# ---------------------------------------------------------------------------------------------------- the file


def write_mmdb(
    path: str | Path,
    networks: dict[str, dict],
    *,
    record_size: int = 24,
    ip_version: int = 6,
    database_type: str = "GeoLite2-City",
    build_epoch: int = 1_700_000_000,
) -> None:
    """The same arguments give the same octets."""
    if record_size not in (24, 28, 32):
        raise ValueError("records have 24, 28 or 32 bits")
    data = bytearray()
    places: dict[bytes, int] = {}
    root = Node()
    paths = {path_of(network, ip_version): record for network, record in networks.items()}
    for bits, record in sorted(paths.items(), key=lambda item: (len(item[0]), item[0])):
        octets = encode(record)
        if octets not in places:
            places[octets] = len(data)
            data += octets
        insert(root, bits, places[octets])

    nodes = numbered(root)

    def record_of(child: Node | int | None) -> int:
        if child is None:
            return len(nodes)
        if isinstance(child, Node):
            return child.number
        return len(nodes) + len(SEPARATOR) + child

    tree = b"".join(pack(*map(record_of, node.children), record_size) for node in nodes)
    metadata = {
        "binary_format_major_version": Sized(2, UINT16),
        "binary_format_minor_version": Sized(0, UINT16),
        "build_epoch": Sized(build_epoch, UINT64),
        "database_type": database_type,
        "description": {"en": "Made for the tests of Plenary"},
        "ip_version": Sized(ip_version, UINT16),
        "languages": ["de", "en"],
        "node_count": Sized(len(nodes), UINT32),
        "record_size": Sized(record_size, UINT16),
    }
    Path(path).write_bytes(tree + SEPARATOR + data + METADATA_MARKER + encode(metadata))


SAMPLE = {
    "200.0.0.0/16": city("BR", "Brazil", "", -14.235, -51.9253, "SA"),
    "200.0.1.0/24": city("BR", "Brazil", "São Paulo", -23.5505, -46.6333, "SA"),
    "200.0.2.0/24": city("DE", "Germany", "Mainz", 49.9929, 8.2473, "EU"),
    "200.0.3.0/24": city("JP", "Japan", continent="AS"),
    "2800:1::/32": city("AR", "Argentina", "Rosario", -32.9468, -60.6393, "SA"),
}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write_mmdb(sys.argv[1], SAMPLE)
