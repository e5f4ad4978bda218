package butterquant.streams;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/** An exported model in ONNX Runtime, one thread a run; shared by all tasks. */
final class Model {
    static final int FEATURES = 23;
    static final int CLASSES = 4;
    private static final int MAX_LOSS = 15;

    final String sha256;
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final double[][] classRoi;
    private final double[] maxLossThirds;

    Model(Path file) throws Exception {
        byte[] onnx = Files.readAllBytes(file);
        sha256 = HexFormat.of().formatHex(Wire.sha256().digest(onnx));
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        session = environment.createSession(onnx, options);
        String manifest = session.getMetadata().getCustomMetadata().get("manifest");
        ObjectMapper json = new ObjectMapper();
        JsonNode figures = json.readTree(manifest);
        classRoi = json.convertValue(figures.get("class_roi"), double[][].class);
        maxLossThirds = json.convertValue(figures.get("max_loss_thirds"), double[].class);
    }

    /** Room for one row in and out, shared with ONNX Runtime, so that a run copies nothing. */
    final class Row {
        final double[] features = new double[FEATURES];
        final float[] probabilities = new float[CLASSES];
        private final FloatBuffer in = floats(FEATURES);
        private final FloatBuffer out = floats(CLASSES);
        private final Map<String, OnnxTensor> inputs;
        private final Map<String, OnnxTensor> outputs;

        Row() throws OrtException {
            inputs = Map.of("features", tensor(in, FEATURES));
            outputs = Map.of("probabilities", tensor(out, CLASSES));
        }

        private OnnxTensor tensor(FloatBuffer floats, int width) throws OrtException {
            return OnnxTensor.createTensor(environment, floats, new long[] {1, width});
        }

        /** Scores `features`; false where one is not finite. */
        boolean score() throws OrtException {
            for (int i = 0; i < FEATURES; i++) {
                float value = (float) features[i];
                if (!Float.isFinite(value)) {
                    return false;
                }
                in.put(i, value);
            }
            session.run(inputs, Set.of(), outputs).close();
            out.get(0, probabilities);
            return true;
        }

        double expectedRoi() {
            double maxLoss = features[MAX_LOSS];
            int third = maxLoss <= maxLossThirds[0] ? 0 : maxLoss <= maxLossThirds[1] ? 1 : 2;
            double sum = 0;
            for (int i = 0; i < CLASSES; i++) {
                sum += probabilities[i] * classRoi[third][i];
            }
            return sum;
        }

        int likeliest() {
            int best = 0;
            for (int i = 1; i < CLASSES; i++) {
                best = probabilities[i] > probabilities[best] ? i : best;
            }
            return best;
        }
    }

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}
