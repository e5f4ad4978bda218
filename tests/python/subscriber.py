"""Subscribes to the topics as any Python program would: python subscriber.py DIR

DIR/subscriber.json names the brokers, the registry with its token, and what is on each topic. The
schemas come from that registry by Confluent's client, the values are decoded by its Avro
deserializer. Two groups read everything: one by a member that leaves half-way and two that go on
together. Both commit what they read themselves and must see every committed event once, none of
an aborted transaction, with the key in the partition where Java clients put it and with the
headers the documentation names. Exits with 1 when anything differs. Needs
confluent-kafka[avro,schemaregistry].
"""

import bisect
import collections
import copy
import datetime
import json
import pathlib
import re
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

GOLDEN = pathlib.Path(__file__).parents[2] / "schemas/tests/golden/nyse_close.txt"
# Days from which on the New York Stock Exchange closes at another minute of the day in Greenwich.
CLOSES = [(datetime.date.fromisoformat(day), int(minutes)) for day, minutes in
          (line.split() for line in GOLDEN.read_text().splitlines() if not line.startswith("#"))]
TRACE = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-01")
PATIENCE = 60.0


def must(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise SystemExit(f"{what}: found {found!r}, expected {expected!r}")


def murmur2(key: bytes) -> int:
    """Kafka's hash of a key, as its Java clients compute it."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at:at + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if rest := key[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def refused(what: str, call, code: int) -> None:
    try:
        answer = call()
    except SchemaRegistryError as error:
        must(what, error.error_code, code)
    else:
        raise SystemExit(f"{what}: not refused but answered {answer!r}")


def next_version(text: str) -> dict:
    later = copy.deepcopy(json.loads(text))
    later["fields"][0]["type"]["symbols"].append("NOTED")
    note = {"type": "record", "name": "Noted", "fields": [{"name": "text", "type": "string"}]}
    later["fields"].append({"name": "noted", "type": ["null", note], "default": None})
    return later


def check_registry(client: SchemaRegistryClient, asked: dict) -> None:
    """What Confluent's client asks of a registry."""
    must("subjects", sorted(client.get_subjects()), sorted(f"{one['name']}-value" for one in asked["topics"]))
    must("mode", client.get_global_mode(), "READONLY")
    for one in asked["topics"]:
        subject = one["subject"]
        must(f"versions of {subject}", client.get_versions(subject), one["versions"])
        latest = client.get_latest_version(subject)
        must(f"newest id of {subject}", latest.schema_id, one["id"])
        must(f"{subject} by id", client.get_schema(one["id"]).schema_str, latest.schema.schema_str)
        written_again = Schema(json.dumps(json.loads(latest.schema.schema_str)), "AVRO")
        must(f"{subject} looked up", client.lookup_schema(subject, written_again).version, latest.version)
        must(f"{subject} registered again", client.register_schema(subject, written_again), one["id"])
        must(f"level of {subject}", client.get_compatibility(subject), "FULL_TRANSITIVE")
        good = next_version(latest.schema.schema_str)
        bad = copy.deepcopy(good)
        bad["fields"][-1]["type"] = bad["fields"][-1].pop("default") or "string"
        for text, compatible in ((good, True), (bad, False)):
            schema = Schema(json.dumps(text), "AVRO")
            must(f"next version of {subject}", client.test_compatibility(subject, schema), compatible)
            refused(f"writing to {subject}", lambda: client.register_schema(subject, schema), 42205)
    refused("a stranger", lambda: client.get_latest_version("mine-value"), 40401)
    refused("an unknown id", lambda: client.get_schema(7), 40403)
    url = {"url": asked["registry"]}
    refused("no token", SchemaRegistryClient(url).get_subjects, 401)
    refused("another token", SchemaRegistryClient(url | {"basic.auth.user.info": "a:b"}).get_subjects, 401)


def abort_one(asked: dict) -> None:
    """An event on every topic in a transaction that is given up: nobody may see them."""
    producer = Producer({"bootstrap.servers": asked["brokers"], "transactional.id": "gives-up"})
    producer.init_transactions(PATIENCE)
    producer.begin_transaction()
    for one in asked["topics"]:
        producer.produce(one["topic"], value=b"aborted", partition=0)
    producer.flush(PATIENCE)
    producer.abort_transaction(PATIENCE)


def consumer(asked: dict, group: str, **more: object) -> Consumer:
    return Consumer({
        "bootstrap.servers": asked["brokers"],
        "group.id": group,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "partition.assignment.strategy": "range",
    } | more)


class Reading:
    """What a group has seen."""

    def __init__(self, asked: dict, client: SchemaRegistryClient) -> None:
        self.topics = {one["topic"]: one for one in asked["topics"]}
        self.total = sum(one["records"] for one in asked["topics"])
        self.decode = AvroDeserializer(client)
        self.kinds = {topic: collections.Counter() for topic in self.topics}
        self.places, self.ids = {}, collections.Counter()

    def take(self, message) -> None:
        topic, value = self.topics[message.topic()], message.value()
        what = f"{message.topic()}/{message.partition()}@{message.offset()}"
        place = (message.topic(), message.partition(), message.offset())
        if place in self.places:
            raise SystemExit(f"{what} was read twice")
        self.places[place] = message.timestamp()[1]
        event = self.decode(value, SerializationContext(message.topic(), MessageField.VALUE))
        kind = event["kind"]
        self.kinds[message.topic()][kind] += 1
        self.ids[topic["name"], event["id"]] += 1
        must(f"{what}: fields of kinds that are set",
             [name for name, said in event.items() if isinstance(said, dict)], [kind.lower()])
        self.keyed(what, topic, message, event)
        self.headed(what, topic, message, event)

    def keyed(self, what: str, topic: dict, message, event: dict) -> None:
        must(f"{what}: key", (message.key() or b"").decode(), event["ticker"])
        # These are in every partition.
        if event["kind"] in ("DAY_CLOSED", "INDEX_LOADED"):
            must(f"{what}: its partition", message.partition(), event[event["kind"].lower()]["partition"])
        elif not topic["single"]:
            must(f"{what}: partition of {message.key()}", message.partition(),
                 (murmur2(message.key() or b"") & 0x7FFFFFFF) % topic["partitions"])

    def headed(self, what: str, topic: dict, message, event: dict) -> None:
        headers = dict(message.headers())
        minutes = CLOSES[bisect.bisect(CLOSES, (event["day"], 24 * 60)) - 1][1]
        midnight = datetime.datetime.combine(event["day"], datetime.time(), datetime.timezone.utc)
        close = midnight + datetime.timedelta(minutes=minutes)
        for name, expected in {
            "ce_specversion": "1.0",
            "ce_id": event["id"],
            "ce_type": f"{topic['name']}.{event['kind']}",
            "ce_time": f"{close:%Y-%m-%dT%H:%M:%SZ}",
            "content-type": "application/vnd.confluent.avro",
        }.items():
            must(f"{what}: {name}", headers[name].decode(), expected)
        must(f"{what}: ce_source", headers["ce_source"].startswith(b"/butterquant/"), True)
        must(f"{what}: traceparent", bool(TRACE.fullmatch(headers["traceparent"])), True)
        must(f"{what}: timestamp", message.timestamp()[1], int(close.timestamp() * 1000))

    def read(self, members: list[Consumer], until: int) -> None:
        """Reads with all members in turn, committing what was taken before the next read."""
        deadline = time.monotonic() + PATIENCE
        while len(self.places) < until:
            for member in members:
                messages = member.consume(500, 0.1)
                for message in messages:
                    must("error", message.error(), None)
                    self.take(message)
                if messages:
                    member.commit(asynchronous=False)
                    deadline = time.monotonic() + PATIENCE
            if time.monotonic() > deadline:
                raise SystemExit(f"{len(self.places)} of {until} events came")

    def nothing_more(self, members: list[Consumer]) -> None:
        for member in members:
            for message in member.consume(10, 2.0):
                self.take(message)

    def complete(self) -> None:
        for name, topic in self.topics.items():
            must(f"kinds on {name}", dict(self.kinds[name]), topic["kinds"])
        must("events", len(self.places), self.total)
        must("ids seen more than once", {id: n for id, n in self.ids.items() if n > 1}, {})


def uncommitted(asked: dict) -> int:
    """Values of the aborted transaction that a reader of uncommitted records sees."""
    tail = -2000 - 4  # librdkafka's "four before the end"
    reader = consumer(asked, "curious", **{"isolation.level": "read_uncommitted"})
    reader.assign([TopicPartition(one["topic"], 0, tail) for one in asked["topics"]])
    seen, deadline = 0, time.monotonic() + PATIENCE
    while seen < len(asked["topics"]) and time.monotonic() < deadline:
        seen += sum(message.value() == b"aborted" for message in reader.consume(100, 0.1))
    reader.close()
    return seen


def by_time(asked: dict, topic: dict, times: dict) -> int:
    """Seeks to a time in the middle, as docs/subscribers.md shows it; returns how many older events came first."""
    name = topic["topic"]
    times = {place: at for place, at in times.items() if place[0] == name}
    wanted = sorted(set(times.values()))[len(set(times.values())) // 2]
    reader = consumer(asked, "by-time")
    partitions = [TopicPartition(name, partition, wanted) for partition in range(topic["partitions"])]
    reader.assign(reader.offsets_for_times(partitions, PATIENCE))
    later = {place for place, at in times.items() if at >= wanted}
    seen, older, deadline = set(), 0, time.monotonic() + PATIENCE
    while seen != later and time.monotonic() < deadline:
        for message in reader.consume(500, 0.1):
            must("error", message.error(), None)
            if message.timestamp()[1] < wanted:
                older += 1
            else:
                seen.add((name, message.partition(), message.offset()))
    reader.close()
    must(f"events of {name} since {wanted}", len(later - seen), 0)
    return older


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    asked = json.loads((pathlib.Path(sys.argv[1]) / "subscriber.json").read_text())
    client = SchemaRegistryClient({"url": asked["registry"], "basic.auth.user.info": f"reader:{asked['token']}"})
    check_registry(client, asked)
    abort_one(asked)
    must("topics with an aborted event", uncommitted(asked), len(asked["topics"]))
    names = [one["topic"] for one in asked["topics"]]

    alone = Reading(asked, client)
    member = consumer(asked, "alone")
    member.subscribe(names)
    alone.read([member], alone.total)
    alone.nothing_more([member])
    member.close()
    alone.complete()

    shared = Reading(asked, client)
    first = consumer(asked, "shared")
    first.subscribe(names)
    shared.read([first], shared.total // 2)
    first.close()
    half = len(shared.places)
    members = [consumer(asked, "shared"), consumer(asked, "shared")]
    for member in members:
        member.subscribe(names)
    shared.read(members, shared.total)
    shared.nothing_more(members)
    must("members with partitions", [bool(member.assignment()) for member in members], [True, True])
    for member in members:
        member.close()
    shared.complete()
    features = next(one for one in asked["topics"] if one["name"].endswith(".features.v1"))
    must("older events come first after a seek by time", by_time(asked, features, shared.places) > 0, True)
    print(f"{shared.total} events read by confluent-kafka, alone and by a member for {half} and two for the rest")
    return 0


if __name__ == "__main__":
    sys.exit(main())
