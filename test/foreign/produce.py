"""A producer that is not KafkaJS: librdkafka, by way of confluent-kafka.

usage: python3 produce.py BROKERS TOPIC < lines of "codec TAB key TAB value"
One producer per codec. Prints a line "codec partition offset" per record.
"""
import sys

from confluent_kafka import Producer


def main(brokers: str, topic: str) -> None:
    by_codec: dict[str, list[tuple[str, str]]] = {}
    for line in sys.stdin:
        codec, key, value = line.rstrip("\n").split("\t", 2)
        by_codec.setdefault(codec, []).append((key, value))
    for codec, records in by_codec.items():
        producer = Producer(
            {
                "bootstrap.servers": brokers,
                "client.id": "kith-foreign-python",
                "acks": "all",
                "compression.type": codec,
                "linger.ms": 50,
                # As Java and Kith place records; librdkafka's own default is another hash.
                "partitioner": "murmur2_random",
            }
        )

        def report(error, message, codec=codec):
            if error is not None:
                sys.exit(f"{codec}: {error}")
            print(codec, message.partition(), message.offset())

        for key, value in records:
            producer.produce(topic, key=key, value=value, on_delivery=report)
        if producer.flush(30) > 0:
            sys.exit(f"{codec}: not everything was delivered")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
