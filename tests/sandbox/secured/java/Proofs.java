/*
 * Copyright (c) 2026, the kafkaops.kraft authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
package kafkaops.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Tries to do things as a client with certain settings and says what came of each: "ok", "throttled", "nothing" (no record came), or the class of
 * the error. Whether that is right is decided by whoever asked.
 */
final class Proofs {
    private static final int PATIENCE_S = 20;
    /** Above the default of max.request.size would be refused by the client; one second of the quota is a fraction of it. */
    private static final int LARGE = 400_000;

    private Proofs() {
    }

    static void run(JsonNode todo) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<ObjectNode>> answers = new ArrayList<>();
        for (JsonNode each : todo.get("proofs")) {
            answers.add(pool.submit(() -> tried(each)));
        }
        for (Future<ObjectNode> answer : answers) {
            System.out.println(Secured.JSON.writeValueAsString(answer.get()));
        }
    }

    private static ObjectNode tried(JsonNode each) {
        long began = System.currentTimeMillis();
        String seen;
        String detail = "";
        try {
            seen = attempt(each);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            seen = "InterruptedException";
        } catch (Exception error) {
            Throwable cause = Secured.cause(error);
            seen = cause.getClass().getSimpleName();
            detail = String.valueOf(cause.getMessage());
        }
        return Secured.JSON.createObjectNode().put("name", each.get("name").asText()).put("seen", seen).put("detail", detail)
            .put("milliseconds", System.currentTimeMillis() - began);
    }

    private static String attempt(JsonNode each) throws Exception {
        Properties client = Secured.properties(each.get("client"));
        client.putIfAbsent("request.timeout.ms", "10000");
        client.putIfAbsent("default.api.timeout.ms", Integer.toString(PATIENCE_S * 1000));
        String topic = each.path("topic").asText("");
        return switch (each.get("attempt").asText()) {
            case "login" -> login(client);
            case "write" -> written(client, topic, "proof", false);
            case "burst" -> written(client, topic, "x".repeat(LARGE), true);
            case "read" -> read(client, topic);
            case "manage" -> managed(client);
            default -> throw new IllegalArgumentException(each.toString());
        };
    }

    /** Logs in at each broker, one after the other. They have to agree: else all of their answers are returned. */
    private static String login(Properties client) throws Exception {
        Map<String, String> answers = new TreeMap<>();
        for (String broker : client.getProperty("bootstrap.servers").split(",")) {
            Properties one = new Properties();
            one.putAll(client);
            one.put("bootstrap.servers", broker);
            try (Admin admin = Admin.create(one)) {
                answers.put(broker, admin.describeCluster().nodes().get(PATIENCE_S, TimeUnit.SECONDS).isEmpty() ? "nothing" : "ok");
            } catch (ExecutionException error) {
                answers.put(broker, Secured.cause(error).getClass().getSimpleName());
            }
        }
        Set<String> different = Set.copyOf(answers.values());
        return different.size() == 1 ? different.iterator().next() : answers.toString();
    }

    /** Something that only a super user or somebody with an ACL for the cluster may. */
    private static String managed(Properties client) throws Exception {
        try (Admin admin = Admin.create(client)) {
            return admin.describeAcls(org.apache.kafka.common.acl.AclBindingFilter.ANY).values().get(PATIENCE_S, TimeUnit.SECONDS).isEmpty() ? "nothing" : "ok";
        }
    }

    private static String written(Properties client, String topic, String value, boolean measured) throws Exception {
        client.put("max.block.ms", Integer.toString(PATIENCE_S * 1000));
        client.put("delivery.timeout.ms", Integer.toString(PATIENCE_S * 1000));
        client.put("linger.ms", "0");
        // An idempotent producer asks for an id first: without a right to write anywhere it fails there, before a leader was asked.
        client.put("enable.idempotence", "false");
        client.put("acks", "all");
        Producer<String, String> producer = new KafkaProducer<>(client, new StringSerializer(), new StringSerializer());
        try {
            producer.send(new ProducerRecord<>(topic, 0, "proof", value)).get(PATIENCE_S, TimeUnit.SECONDS);
            return measured && throttle(producer.metrics()) > 0 ? "throttled" : "ok";
        } finally {
            // a throttled connection would be waited for
            producer.close(Duration.ZERO);
        }
    }

    private static double throttle(Map<MetricName, ? extends Metric> metrics) {
        return metrics.entrySet().stream().filter(each -> each.getKey().name().equals("produce-throttle-time-max"))
            .mapToDouble(each -> ((Number) each.getValue().metricValue()).doubleValue()).filter(each -> !Double.isNaN(each)).max().orElse(0);
    }

    private static String read(Properties client, String topic) {
        client.put("enable.auto.commit", "false");
        try (Consumer<String, String> consumer = new KafkaConsumer<>(client, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> first = List.of(new TopicPartition(topic, 0));
            consumer.assign(first);
            consumer.seekToBeginning(first);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
            while (System.nanoTime() < deadline) {
                if (!consumer.poll(Duration.ofMillis(500)).isEmpty()) {
                    return "ok";
                }
            }
            return "nothing";
        }
    }
}
