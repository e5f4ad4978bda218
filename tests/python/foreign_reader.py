"""Reads and writes events as any other Avro program would: python foreign_reader.py DIR

DIR/rust/index.json lists the events that the Rust codec wrote: file (wire format), topic, path
of the schema, paths of the versions before it, and the record as JSON. Each is read with that
schema, with the older ones and with a made-up next version (one more kind, one more nullable
field), and must be that record. Then DIR/python gets,
for the Rust codec to read: each event written again with the same schema (same.N) and with the
next one (next.N), and one event per topic of the kind that only the next one has (new.TOPIC),
beside the next schema itself (TOPIC.next.avsc). Exits with 1 when anything differs. Needs
fastavro.
"""

import copy
import datetime
import io
import json
import pathlib
import sys

import fastavro

NEW_KIND, NEW_FIELD = "FROM_THE_FUTURE", "from_the_future"


def read(value: bytes, writer: dict, reader: dict | None = None) -> dict:
    """The record of a value in the Confluent wire format."""
    if value[0] != 0:
        raise ValueError(f"the first byte is {value[0]}, not 0")
    stream = io.BytesIO(value[5:])
    record = fastavro.schemaless_reader(stream, writer, reader)
    if left := stream.read():
        raise ValueError(f"{len(left)} bytes are left over")
    return record


def write(header: bytes, record: dict, schema: dict) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema, record, strict=True)
    return header + stream.getvalue()


def plain(value: object) -> object:
    """As the Rust side writes it in JSON."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return list(value)
    return value.isoformat() if isinstance(value, datetime.date) else value


def next_version(schema: dict) -> dict:
    later = copy.deepcopy(schema)
    kind = next(field for field in later["fields"] if field["name"] == "kind")
    kind["type"]["symbols"].append(NEW_KIND)
    note = {"name": "note", "type": "string"}
    future = {"type": "record", "name": "FromTheFuture", "fields": [note]}
    later["fields"].append({"name": NEW_FIELD, "type": ["null", future], "default": None})
    return later


def must_be(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise ValueError(f"{what}:\n  found    {found}\n  expected {expected}")


def both_ways(number: int, entry: dict, rust: pathlib.Path, out: pathlib.Path) -> None:
    value = (rust / entry["file"]).read_bytes()
    schema = json.loads(pathlib.Path(entry["schema"]).read_text())
    later = next_version(schema)
    fields = [field["name"] for field in schema["fields"]]
    expected = {name: entry["record"].get(name) for name in fields}
    what = f"{entry['topic']} {expected['kind']}"

    record = read(value, schema)
    must_be(f"{what} read by its own schema", plain(record), expected)
    by_later = read(value, schema, later)
    must_be(f"{what} read by the next schema", plain(by_later), expected | {NEW_FIELD: None})
    for older in entry["older"]:
        seen = plain(read(value, schema, json.loads(pathlib.Path(older).read_text())))
        must_be(f"{what} read by {older}", seen["id"], expected["id"])
    written = write(value[:5], by_later, later)
    must_be(f"{what} of the next schema read by this one", plain(read(written, later, schema)), expected)

    (out / f"same.{number}").write_bytes(write(value[:5], record, schema))
    (out / f"next.{number}").write_bytes(written)
    (out / f"{entry['topic']}.next.avsc").write_text(json.dumps(later))
    empty = {name: None for name in fields[6:]}
    new = record | empty | {"kind": NEW_KIND, NEW_FIELD: {"note": "hello"}}
    written = write(value[:5], new, later)
    old_sees = plain(read(written, later, schema))
    must_be(f"{what} as a new kind", old_sees, expected | empty | {"kind": "UNKNOWN"})
    (out / f"new.{entry['topic']}").write_bytes(written)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1])
    out = folder / "python"
    out.mkdir(exist_ok=True)
    entries = json.loads((folder / "rust" / "index.json").read_text())
    failed = 0
    for number, entry in enumerate(entries):
        try:
            both_ways(number, entry, folder / "rust", out)
        except Exception as wrong:  # whatever a reader raises is what is to be shown
            print(f"{entry['file']}: {type(wrong).__name__}: {wrong}", file=sys.stderr)
            failed = 1
    print(f"{len(entries)} events read and written by fastavro {fastavro.__version__}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
