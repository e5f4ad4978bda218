package butterquant.streams;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Utils;

/** Made-up features events of the real shape, an endless row of them, the same every time. */
final class Events {
    private static final int TICKERS = 1_000;
    private static final int DAY = 17_711;
    private static final long DAY_MS = 86_400_000L;

    private final Wire wire;
    private final GenericRecord event;
    private final GenericRecord vector;
    private final Random random = new Random(7);
    private long made;

    Events(Path schemas) {
        wire = Wire.features(schemas);
        event = new GenericData.Record(wire.schema);
        Schema extracted = wire.schema.getField("features_extracted").schema().getTypes().get(1);
        vector = new GenericData.Record(extracted);
        Schema kinds = wire.schema.getField("kind").schema();
        event.put("kind", new GenericData.EnumSymbol(kinds, "FEATURES_EXTRACTED"));
        event.put("day", DAY);
        event.put("revision", 0);
        event.put("features_extracted", vector);
        vector.put("contract_version", 1);
        vector.put("values", new ArrayList<Double>());
    }

    /** Where clients put a key. */
    static int partition(byte[] key, int partitions) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions;
    }

    @SuppressWarnings("unchecked")
    ProducerRecord<byte[], byte[]> next(String topic) throws IOException {
        String ticker = "T" + (made % TICKERS);
        String candidate = Wire.eventId("scans", "CANDIDATE_SCANNED", ticker, "" + made);
        String id = Wire.eventId("features", "FEATURES_EXTRACTED", candidate);
        made++;
        List<Double> values = (List<Double>) vector.get("values");
        values.clear();
        for (int i = 0; i < Model.FEATURES; i++) {
            values.add(random.nextGaussian());
        }
        vector.put("candidate", candidate);
        event.put("id", id);
        event.put("ticker", ticker);
        byte[] key = ticker.getBytes(StandardCharsets.UTF_8);
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topic, null, DAY * DAY_MS + 72_000_000L, key, wire.encode(event));
        put(record.headers(), "ce_specversion", "1.0");
        put(record.headers(), "ce_id", id);
        put(record.headers(), "ce_type", "butterquant.features.v1.FEATURES_EXTRACTED");
        put(record.headers(), "ce_source", "/butterquant/scanner");
        put(record.headers(), "ce_time", "2018-06-29T20:00:00Z");
        put(record.headers(), "content-type", "application/vnd.confluent.avro");
        put(record.headers(), "correlation_id", candidate);
        put(record.headers(), "causation_id", candidate);
        put(record.headers(), "traceparent",
                "00-" + candidate + "-" + id.substring(0, 16) + "-01");
        return record;
    }

    private static void put(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
