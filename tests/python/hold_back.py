"""Holds a partition back as a program of somebody else may: python hold_back.py DIR

DIR/hold_back.json names the brokers, a topic and one of its partitions. Writes a record there in a
transaction, makes DIR/open, and aborts the transaction once DIR/end is there. Needs confluent-kafka.
"""

import json
import pathlib
import sys
import time

from confluent_kafka import Producer

PATIENCE = 60.0


def main(folder: pathlib.Path) -> None:
    given = json.loads((folder / "hold_back.json").read_text())
    producer = Producer(
        {
            "bootstrap.servers": given["brokers"],
            "transactional.id": f"foreign-{given['topic']}",
            "transaction.timeout.ms": 120_000,
        }
    )
    producer.init_transactions(PATIENCE)
    producer.begin_transaction()
    producer.produce(given["topic"], b"held back", partition=given["partition"])
    producer.flush(PATIENCE)
    (folder / "open").touch()
    deadline = time.monotonic() + PATIENCE
    while not (folder / "end").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    producer.abort_transaction(PATIENCE)


main(pathlib.Path(sys.argv[1]))
