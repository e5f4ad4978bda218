package butterquant.streams;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** One topic's values: 0x00, the schema's id in four bytes, the Avro datum. For one thread. */
final class Wire {
    private static final int HEADER = 5;

    final Schema schema;
    private final int id;
    private final GenericDatumReader<GenericRecord> reader;
    private final GenericDatumWriter<GenericRecord> writer;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    private BinaryDecoder decoder;
    private BinaryEncoder encoder;
    private GenericRecord read;

    private Wire(Schema schema, int id) {
        this.schema = schema;
        this.id = id;
        reader = new GenericDatumReader<>(schema);
        writer = new GenericDatumWriter<>(schema);
    }

    /** The features topic's. Ids are 100 · version + the topic's number. */
    static Wire features(Path schemas) {
        return new Wire(parse(schemas, "features"), 102);
    }

    /** The predictions topic's. */
    static Wire predictions(Path schemas) {
        return new Wire(parse(schemas, "predictions"), 103);
    }

    private static Schema parse(Path schemas, String topic) {
        try {
            Path file = schemas.resolve(topic + ".1.avsc");
            return new Schema.Parser().parse(Files.readString(file));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** The record of a value; used again by the next call. */
    GenericRecord decode(byte[] value) throws IOException {
        if (value.length < HEADER || ByteBuffer.wrap(value, 1, 4).getInt() != id || value[0] != 0) {
            throw new IOException("no value of schema " + id);
        }
        decoder = DecoderFactory.get()
                .binaryDecoder(value, HEADER, value.length - HEADER, decoder);
        read = reader.read(read, decoder);
        return read;
    }

    byte[] encode(GenericRecord record) throws IOException {
        bytes.reset();
        bytes.write(ByteBuffer.allocate(HEADER).put((byte) 0).putInt(id).array());
        encoder = EncoderFactory.get().directBinaryEncoder(bytes, encoder);
        writer.write(record, encoder);
        return bytes.toByteArray();
    }

    /** The id of the event that `about` names, at revision 0: 32 hexadecimal digits. */
    static String eventId(String... about) {
        MessageDigest hash = sha256();
        for (String part : about) {
            byte[] text = part.getBytes(StandardCharsets.UTF_8);
            hash.update(ByteBuffer.allocate(8).putLong(text.length).array());
            hash.update(text);
        }
        hash.update(new byte[4]);
        return HexFormat.of().formatHex(hash.digest(), 0, 16);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }
}
