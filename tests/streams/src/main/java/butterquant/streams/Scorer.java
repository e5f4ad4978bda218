package butterquant.streams;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * One features event in, one predictions event out: the same bytes decoded and encoded, the
 * same headers, the same event id, the same score as the scorer this is compared with. What
 * it need not do, because Streams does not ask for it: remember the day's event ids.
 */
final class Scorer implements Processor<byte[], byte[], byte[], byte[]> {
    private static final long VERSION = 1;

    private final Model model;
    private final Model.Row row;
    private final Wire features;
    private final Wire predictions;
    private final LongConsumer done;
    private final GenericRecord said;
    private final GenericRecord score;
    private final GenericRecord refused;
    private final Schema kinds;
    private ProcessorContext<byte[], byte[]> context;

    Scorer(Model model, Path schemas, LongConsumer done) throws Exception {
        this.model = model;
        this.done = done;
        row = model.new Row();
        features = Wire.features(schemas);
        predictions = Wire.predictions(schemas);
        said = new GenericData.Record(predictions.schema);
        kinds = predictions.schema.getField("kind").schema();
        score = branch("candidate_scored");
        refused = branch("scoring_refused");
        Schema aliases = score.getSchema().getField("alias").schema();
        score.put("alias", new GenericData.EnumSymbol(aliases, "CHAMPION"));
        score.put("model_version", VERSION);
        score.put("model_sha256", model.sha256);
        score.put("provider", "onnxruntime-cpu");
        score.put("probabilities", new ArrayList<Double>(Model.CLASSES));
        refused.put("alias", new GenericData.EnumSymbol(aliases, "CHAMPION"));
        refused.put("reason", "a feature is not finite");
        said.put("revision", 0);
        said.put("control_offset", 0L);
    }

    private GenericRecord branch(String field) {
        return new GenericData.Record(
                predictions.schema.getField(field).schema().getTypes().get(1));
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        try {
            GenericRecord event = features.decode(record.value());
            GenericRecord vector = (GenericRecord) event.get("features_extracted");
            if (vector == null) {
                return; // a day marker
            }
            context.forward(answer(record, event, vector));
            done.accept(1);
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private Record<byte[], byte[]> answer(
            Record<byte[], byte[]> record, GenericRecord event, GenericRecord vector)
            throws Exception {
        List<?> values = (List<?>) vector.get("values");
        if (values.size() != Model.FEATURES) {
            throw new IllegalArgumentException(values.size() + " features");
        }
        for (int i = 0; i < Model.FEATURES; i++) {
            row.features[i] = (Double) values.get(i);
        }
        String candidate = vector.get("candidate").toString();
        String kind = row.score() ? "CANDIDATE_SCORED" : "SCORING_REFUSED";
        String id = Wire.eventId("predictions", kind, candidate, "champion");
        boolean scored = kind.equals("CANDIDATE_SCORED");
        if (scored) {
            fill(candidate);
        } else {
            refused.put("candidate", candidate);
        }
        said.put("kind", new GenericData.EnumSymbol(kinds, kind));
        said.put("id", id);
        said.put("day", event.get("day"));
        said.put("ticker", event.get("ticker"));
        said.put("candidate_scored", scored ? score : null);
        said.put("scoring_refused", scored ? null : refused);
        Headers headers = headers(record.headers(), event, candidate, kind, id);
        return new Record<>(
                record.key(), predictions.encode(said), record.timestamp(), headers);
    }

    @SuppressWarnings("unchecked")
    private void fill(String candidate) {
        List<Double> probabilities = (List<Double>) score.get("probabilities");
        probabilities.clear();
        for (float probability : row.probabilities) {
            probabilities.add((double) probability);
        }
        score.put("candidate", candidate);
        score.put("expected_roi", row.expectedRoi());
        score.put("class", row.likeliest());
    }

    private static Headers headers(
            Headers from, GenericRecord event, String candidate, String kind, String id) {
        Headers headers = new RecordHeaders();
        put(headers, "ce_specversion", "1.0");
        put(headers, "ce_id", id);
        put(headers, "ce_type", "butterquant.predictions.v1." + kind);
        put(headers, "ce_source", "/butterquant/scorer");
        headers.add(from.lastHeader("ce_time"));
        put(headers, "content-type", "application/vnd.confluent.avro");
        put(headers, "correlation_id", candidate);
        put(headers, "causation_id", event.get("id").toString());
        put(headers, "traceparent", "00-" + candidate + "-" + id.substring(0, 16) + "-01");
        Header sent = from.lastHeader(Yardstick.SENT);
        if (sent != null) {
            headers.add(sent);
        }
        return headers;
    }

    private static void put(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
