/*
 * Copyright (c) 2026, the kafkaops.kraft authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
package kafkaops.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Tries all the time to write to and to read from topics that it has no right to, partition by partition, so that each leader is asked.
 * A line of JSON for each attempt: at (milliseconds since 1970), what (write, read), topic, partition, result: "refused" (a broker said that it is
 * not allowed), "breach" (it worked), "unanswered" (anything else, with the error). The topics have records, so that there is something to read.
 */
final class Intruder {
    private static final int PATIENCE_MS = 2000;
    private static final int PARTITIONS = 3;

    private final Producer<String, String> producer;
    private final Consumer<String, String> consumer;

    private Intruder(Producer<String, String> producer, Consumer<String, String> consumer) {
        this.producer = producer;
        this.consumer = consumer;
    }

    static void run(String[] arguments) throws Exception {
        Properties client = Secured.file(arguments[2]);
        client.put("bootstrap.servers", arguments[1]);
        client.put("client.id", "intruder");
        client.put("retry.backoff.max.ms", "200");
        client.put("reconnect.backoff.max.ms", "200");
        client.put("request.timeout.ms", Integer.toString(PATIENCE_MS));
        long pause = Long.parseLong(arguments[3]);
        List<TopicPartition> targets = new ArrayList<>();
        for (String topic : Arrays.copyOfRange(arguments, 4, arguments.length)) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                targets.add(new TopicPartition(topic, partition));
            }
        }
        Properties writing = new Properties();
        writing.putAll(client);
        writing.put("enable.idempotence", "false");
        writing.put("acks", "1");
        writing.put("retries", "0");
        writing.put("linger.ms", "0");
        writing.put("max.block.ms", Integer.toString(PATIENCE_MS));
        writing.put("delivery.timeout.ms", Integer.toString(PATIENCE_MS));
        Properties reading = new Properties();
        reading.putAll(client);
        reading.put("enable.auto.commit", "false");
        reading.put("default.api.timeout.ms", Integer.toString(PATIENCE_MS));
        Intruder intruder = new Intruder(
            new KafkaProducer<>(writing, new StringSerializer(), new StringSerializer()),
            new KafkaConsumer<>(reading, new StringDeserializer(), new StringDeserializer()));
        while (true) {
            for (TopicPartition target : targets) {
                tell("write", target, intruder.write(target));
                tell("read", target, intruder.read(target));
                TimeUnit.MILLISECONDS.sleep(pause);
            }
        }
    }

    private Throwable write(TopicPartition target) throws InterruptedException {
        try {
            producer.send(new ProducerRecord<>(target.topic(), target.partition(), "intruder", "was here")).get();
            return null;
        } catch (ExecutionException error) {
            return Secured.cause(error);
        } catch (RuntimeException error) {
            return Secured.cause(error);
        }
    }

    /** Returns null when records came, or else why not; a poll that just ends empty is no answer. */
    private Throwable read(TopicPartition target) {
        try {
            consumer.assign(List.of(target));
            consumer.seekToBeginning(List.of(target));
            return consumer.poll(Duration.ofMillis(PATIENCE_MS)).isEmpty() ? new IllegalStateException("no records and no refusal") : null;
        } catch (RuntimeException error) {
            return Secured.cause(error);
        }
    }

    private static void tell(String what, TopicPartition target, Throwable error) throws Exception {
        ObjectNode line = Secured.JSON.createObjectNode().put("at", System.currentTimeMillis()).put("what", what)
            .put("topic", target.topic()).put("partition", target.partition());
        if (error == null) {
            line.put("result", "breach");
        } else if (error instanceof AuthorizationException || error instanceof AuthenticationException) {
            line.put("result", "refused").put("error", error.getClass().getSimpleName());
        } else {
            line.put("result", "unanswered").put("error", error.getClass().getSimpleName() + ": " + error.getMessage());
        }
        System.out.println(Secured.JSON.writeValueAsString(line));
        System.out.flush();
    }
}
