package butterquant.streams;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;

/** The Streams application: starts, says `ready`, scores until told to stop, says what it took. */
final class ScorerApp {
    /**
     * Tried with 300,000 events, on two cores that others used too, in events per CPU-second:
     * defaults 30,000; batches of 128 KiB 35,000, and commits every 500 ms with them 37,000;
     * these batches with a linger of 50 ms 33,000, with larger polls and fetches 32,000. No
     * linger at all cost a fifth. A second thread made 43,000 events/s of 36,000.
     */
    private static final Map<String, String> THROUGHPUT = Map.of(
            "producer.batch.size", "131072",
            "commit.interval.ms", "500");

    /**
     * Tried at 1,000 events/s, there too, p50 and p99 in ms: commits every 20 ms 24 and 67,
     * every 10 ms 19 and 90, every 5 ms 17 and 154; every 10 ms without linger 16 and 53, with
     * polls of 5 ms 15 and 43; two threads 21 and 186.
     */
    private static final Map<String, String> LATENCY = Map.of(
            "producer.linger.ms", "0",
            "poll.ms", "5",
            "commit.interval.ms", "10");

    private final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final AtomicLong events = new AtomicLong();
    private final CountDownLatch reached = new CountDownLatch(1);
    private final long until;
    private volatile long begunNs;
    private volatile long begunCpuNs;
    private volatile long endedNs;
    private volatile long endedCpuNs;

    private ScorerApp(long until) {
        this.until = until;
    }

    static long wallNs() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    private void done(long one) {
        long count = events.addAndGet(one);
        if (count == 1) {
            begunCpuNs = system.getProcessCpuTime();
            begunNs = wallNs();
        }
        if (count == until) {
            endedNs = wallNs();
            endedCpuNs = system.getProcessCpuTime();
            reached.countDown();
        }
    }

    private static Map<String, String> settings(Args args) {
        Map<String, String> settings = new TreeMap<>();
        switch (args.get("config", "default")) {
            case "default" -> { }
            case "throughput" -> settings.putAll(THROUGHPUT);
            case "latency" -> settings.putAll(LATENCY);
            default -> throw new IllegalArgumentException(
                    "--config is default, throughput or latency");
        }
        for (String pair : args.all("set")) {
            String[] halves = pair.split("=", 2);
            settings.put(halves[0], halves[1]);
        }
        return settings;
    }

    private static Properties properties(Args args, Map<String, String> settings)
            throws Exception {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, args.get("id", "streams-scorer"));
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args.need("bootstrap"));
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.STATE_DIR_CONFIG,
                Files.createTempDirectory("streams-scorer").toString());
        properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        // Where the comparison begins and how the topic is written, not what is compared.
        properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        properties.put(StreamsConfig.producerPrefix("compression.type"), "zstd");
        properties.put(StreamsConfig.producerPrefix("compression.zstd.level"), "1");
        properties.putAll(settings);
        return properties;
    }

    public static void main(String[] given) throws Exception {
        Args args = new Args(given);
        Path schemas = Path.of(args.need("schemas"));
        Model model = new Model(Path.of(args.need("model")));
        ScorerApp app = new ScorerApp(args.number("until", Long.MAX_VALUE));
        Topology topology = new Topology();
        ProcessorSupplier<byte[], byte[], byte[], byte[]> supplier = () -> {
            try {
                return new Scorer(model, schemas, app::done);
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        };
        topology.addSource("features", args.need("in"))
                .addProcessor("scorer", supplier, "features")
                .addSink("predictions", args.need("out"), "scorer");
        Map<String, String> settings = settings(args);
        KafkaStreams streams = new KafkaStreams(topology, properties(args, settings));
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                System.out.println("ready");
            } else if (now == KafkaStreams.State.ERROR) {
                app.reached.countDown();
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(app.reached::countDown));
        streams.start();
        app.reached.await();
        boolean well = streams.state() != KafkaStreams.State.ERROR;
        streams.close(Duration.ofSeconds(30));
        app.report(args, settings);
        Runtime.getRuntime().halt(well && app.endedNs > 0 ? 0 : 1);
    }

    private void report(Args args, Map<String, String> settings) throws Exception {
        double seconds = (endedNs - begunNs) / 1e9;
        double cpu = (endedCpuNs - begunCpuNs) / 1e9;
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("config", args.get("config", "default"));
        report.put("settings", settings);
        report.put("events", events.get());
        report.put("seconds", seconds);
        report.put("events_per_s", until / seconds);
        report.put("cpu_s", cpu);
        report.put("events_per_cpu_s", until / cpu);
        System.out.println(new ObjectMapper().writeValueAsString(report));
    }
}
