package butterquant.streams;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Feeds any hop from a features topic to a predictions topic and looks at what comes out, from
 * outside: `topics` makes both, `fill` writes a backlog, `follow` times what committed readers get of it, `check`
 * counts it, `pace` feeds at a fixed rate and measures from sending a features record to
 * reading its prediction; `remove` removes both topics.
 */
final class Yardstick {
    /** When a features record was sent, in nanoseconds since 1970; the hop copies it. */
    static final String SENT = "bench_sent_ns";

    private final Args args;
    private final String bootstrap;

    private Yardstick(Args args) {
        this.args = args;
        bootstrap = args.need("bootstrap");
    }

    public static void main(String[] given) throws Exception {
        Yardstick yardstick = new Yardstick(new Args(Arrays.copyOfRange(given, 1, given.length)));
        Map<String, Object> report = switch (given[0]) {
            case "topics" -> yardstick.topics();
            case "fill" -> yardstick.fill();
            case "follow" -> yardstick.follow();
            case "check" -> yardstick.check();
            case "pace" -> yardstick.pace();
            case "remove" -> yardstick.remove();
            default -> throw new IllegalArgumentException(
                    "topics, fill, follow, check, pace or remove");
        };
        System.out.println(new ObjectMapper().writeValueAsString(report));
    }

    private void createTopics(String... names) throws Exception {
        int partitions = (int) args.number("partitions", 12);
        List<NewTopic> topics = new ArrayList<>();
        for (String name : names) {
            topics.add(new NewTopic(name, partitions, (short) -1).configs(Map.of(
                    "retention.ms", "-1",
                    "segment.ms", String.valueOf(Long.MAX_VALUE),
                    "message.timestamp.after.max.ms", String.valueOf(Long.MAX_VALUE))));
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            Set<String> known = admin.listTopics().names().get();
            topics.removeIf(topic -> known.contains(topic.name()));
            admin.createTopics(topics).all().get();
        }
    }

    private Map<String, Object> topics() throws Exception {
        createTopics(args.need("in"), args.need("out"));
        return Map.of("created", List.of(args.need("in"), args.need("out")));
    }

    private Map<String, Object> remove() throws Exception {
        List<String> both = List.of(args.need("in"), args.need("out"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.deleteTopics(both).all().get();
        }
        return Map.of("removed", both);
    }

    private KafkaProducer<byte[], byte[]> producer(int lingerMs) {
        return new KafkaProducer<>(Map.of(
                "bootstrap.servers", bootstrap,
                "acks", "all",
                "compression.type", "zstd",
                "linger.ms", lingerMs),
                new ByteArraySerializer(), new ByteArraySerializer());
    }

    private KafkaConsumer<byte[], byte[]> consumer(String topic, boolean fromNow) {
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(Map.of(
                "bootstrap.servers", bootstrap,
                "isolation.level", "read_committed",
                "enable.auto.commit", "false"),
                new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> all = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        consumer.assign(all);
        if (fromNow) {
            consumer.seekToEnd(all);
            all.forEach(consumer::position);
        } else {
            consumer.seekToBeginning(all);
        }
        return consumer;
    }

    private Map<String, Object> fill() throws Exception {
        String in = args.need("in");
        long count = args.number("events", 100_000);
        Events events = new Events(Path.of(args.need("schemas")));
        try (KafkaProducer<byte[], byte[]> producer = producer(20)) {
            for (long n = 0; n < count; n++) {
                producer.send(stamped(events.next(in)));
            }
        }
        return Map.of("filled", count);
    }

    private static ProducerRecord<byte[], byte[]> stamped(ProducerRecord<byte[], byte[]> record) {
        String now = String.valueOf(ScorerApp.wallNs());
        record.headers().add(SENT, now.getBytes(StandardCharsets.UTF_8));
        return record;
    }

    /** Reads along; times from the first records seen, which do not count, to the last. */
    private Map<String, Object> follow() throws Exception {
        long wanted = args.number("events", 100_000);
        long seen = 0;
        long first = 0;
        long begun = 0;
        long now = System.nanoTime();
        long last = now;
        System.out.println("ready");
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(args.need("out"), false)) {
            while (seen < wanted && now - last < 60_000_000_000L) {
                int count = consumer.poll(Duration.ofMillis(20)).count();
                now = System.nanoTime();
                if (count > 0) {
                    seen += count;
                    last = now;
                    if (begun == 0) {
                        begun = now;
                        first = count;
                    }
                }
            }
        }
        double seconds = (last - begun) / 1e9;
        long events = seen - first;
        return Map.of(
                "seen", seen,
                "events", events,
                "seconds", seconds,
                "events_per_s", events / seconds);
    }

    /** Reads all that is committed; says how many records and how many different ids. */
    private Map<String, Object> check() {
        long wanted = args.number("events", 0);
        long records = 0;
        Set<String> ids = new HashSet<>();
        Map<Integer, Integer> strayed = new HashMap<>();
        long last = System.nanoTime();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(args.need("out"), false)) {
            while (records < wanted || System.nanoTime() - last < 2_000_000_000L) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    records++;
                    ids.add(new String(record.headers().lastHeader("ce_id").value()));
                    if (Events.partition(record.key(), 12) != record.partition()) {
                        strayed.merge(record.partition(), 1, Integer::sum);
                    }
                    last = System.nanoTime();
                }
                if (System.nanoTime() - last > 20_000_000_000L) {
                    break;
                }
            }
        }
        return Map.of("records", records, "ids", ids.size(), "strayed", strayed.size());
    }

    private Map<String, Object> pace() throws Exception {
        String in = args.need("in");
        String out = args.need("out");
        long rate = args.number("rate", 1_000);
        long count = rate * args.number("seconds", 30);
        long skipped = rate * args.number("warmup", 10);
        Events events = new Events(Path.of(args.need("schemas")));
        long[] latencies = new long[(int) count];
        int[] read = {0};
        KafkaConsumer<byte[], byte[]> consumer = consumer(out, true);
        Thread reader = new Thread(() -> read(consumer, latencies, read, skipped + count, skipped));
        reader.start();
        long begun = System.nanoTime();
        try (KafkaProducer<byte[], byte[]> producer = producer(0)) {
            for (long n = 0; n < skipped + count; n++) {
                long due = begun + n * 1_000_000_000L / rate;
                for (long left; (left = due - System.nanoTime()) > 0; ) {
                    LockSupport.parkNanos(left);
                }
                producer.send(stamped(events.next(in)));
            }
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        reader.join();
        return summary(latencies, read[0], rate, (skipped + count) / seconds);
    }

    /** Reads until `all` records came or none did for 30 seconds; the first ones do not count. */
    private static void read(
            KafkaConsumer<byte[], byte[]> consumer,
            long[] latencies, int[] read, long all, long skipped) {
        long seen = 0;
        long last = System.nanoTime();
        while (seen < all && System.nanoTime() - last < 30_000_000_000L) {
            var records = consumer.poll(Duration.ofMillis(100));
            long now = ScorerApp.wallNs();
            for (ConsumerRecord<byte[], byte[]> record : records) {
                last = System.nanoTime();
                Header sent = record.headers().lastHeader(SENT);
                if (seen++ >= skipped) {
                    String text = new String(sent.value(), StandardCharsets.UTF_8);
                    latencies[read[0]++] = now - Long.parseLong(text);
                }
            }
        }
        consumer.close();
    }

    private static Map<String, Object> summary(
            long[] latencies, int read, long rate, double sentPerS) {
        long[] sorted = Arrays.copyOf(latencies, read);
        Arrays.sort(sorted);
        return Map.of(
                "rate", rate,
                "sent_per_s", sentPerS,
                "wanted", latencies.length,
                "read", read,
                "p50_ms", quantile(sorted, 0.5),
                "p99_ms", quantile(sorted, 0.99),
                "max_ms", quantile(sorted, 1));
    }

    private static double quantile(long[] sorted, double share) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int rank = (int) Math.ceil(share * sorted.length) - 1;
        return sorted[Math.max(rank, 0)] / 1e6;
    }
}
