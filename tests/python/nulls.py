"""Reads every record of a partition by Confluent's client: python nulls.py DIR

DIR/nulls.json names the brokers, the topic and the partition. Prints a JSON array of what can be null in each
committed record: whether there is a key, whether there is a value, and the headers, null as null. Needs
confluent-kafka.
"""

import json
import pathlib
import sys
import time

from confluent_kafka import Consumer, TopicPartition


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    asked = json.loads((pathlib.Path(sys.argv[1]) / "nulls.json").read_text())
    consumer = Consumer({
        "bootstrap.servers": asked["brokers"],
        "group.id": "nulls",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
    })
    place = TopicPartition(asked["topic"], asked["partition"], 0)
    _, end = consumer.get_watermark_offsets(place, 30)
    consumer.assign([place])
    found, deadline = [], time.monotonic() + 60
    while consumer.position([place])[0].offset < end:
        if time.monotonic() > deadline:
            raise SystemExit(f"{len(found)} records came, and not the end, {end}")
        for message in consumer.consume(500, 0.1):
            found.append({
                "offset": message.offset(),
                "key": message.key() is not None,
                "value": message.value() is not None,
                "headers": [[name, None if value is None else value.decode()] for name, value in message.headers() or []],
            })
    consumer.close()
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
