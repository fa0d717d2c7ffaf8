// A producer that is not KafkaJS: Apache Kafka's own client, as a single-file program.
// usage: java -cp 'jars/*' Produce.java BROKERS TOPIC < lines of "codec TAB key TAB value"
// One producer per codec; what it is given goes out as one batch. Prints a line "codec partition offset" per record.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;

public class Produce {
  public static void main(String[] args) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Map<String, List<String[]>> byCodec = new LinkedHashMap<>();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] fields = line.split("\t", 3);
      byCodec.computeIfAbsent(fields[0], codec -> new ArrayList<>()).add(fields);
    }
    for (var entry : byCodec.entrySet()) {
      Map<String, Object> settings = Map.of(
          "bootstrap.servers", args[0],
          "client.id", "kith-foreign-java",
          "acks", "all",
          "compression.type", entry.getKey(),
          "linger.ms", 50);
      var text = new StringSerializer();
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      try (var producer = new KafkaProducer<>(settings, text, text)) {
        for (String[] fields : entry.getValue()) {
          sent.add(producer.send(new ProducerRecord<>(args[1], fields[1], fields[2])));
        }
        producer.flush();
      }
      for (var one : sent) {
        System.out.println(entry.getKey() + " " + one.get().partition() + " " + one.get().offset());
      }
    }
  }
}
