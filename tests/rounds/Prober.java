/*
 * Copyright (c) 2026, the kafkaops.kraft authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
package kafkaops.rounds;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;

/**
 * An admin client that lives as long as its pod. It asks the controller the same thing again and again, and says when it was answered; and
 * it makes, alters, deletes and lists topics on demand, for which Kafka's tools would start a JVM each time.
 *
 * The question is the cancellation of a reassignment that is not there. Only the active controller answers it, be it a broker in ZooKeeper mode or
 * a KRaft controller, out of its queue of changes; and it changes nothing, so that both stores stay the same while a rollback compares them.
 *
 * Arguments: bootstrap servers, topic to ask about, milliseconds between two questions, folder.
 * Standard output, a line for each question: when it was asked, when it was answered (milliseconds since 1970), "served" or the error's class.
 * In the folder: "commands" is a FIFO of lines "ID create NAME PARTITIONS FACTOR [key=value]*", "ID alter NAME [key=value]*", "ID delete NAME",
 * "ID list"; "answers" gets a line "ID ok" or "ID failed: why" for each, after a list "ID ok [NAME=PARTITIONS,RETENTION]*" with the retention.ms
 * of the topic's own or "-".
 */
public final class Prober {
    /** A question that is not answered for so long is asked anew. */
    private static final int PATIENCE_MS = 1500;
    private static final int COMMAND_S = 60;

    private final Admin admin;
    private final Path folder;

    private Prober(Admin admin, Path folder) {
        this.admin = admin;
        this.folder = folder;
    }

    public static void main(String[] arguments) throws Exception {
        TopicPartition probed = new TopicPartition(arguments[1], 0);
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        try (Admin asking = Admin.create(client(arguments[0], true)); Admin changing = Admin.create(client(arguments[0], false))) {
            clock.scheduleAtFixedRate(() -> ask(asking, probed), 0, Long.parseLong(arguments[2]), TimeUnit.MILLISECONDS);
            new Prober(changing, Path.of(arguments[3])).serve();
        } finally {
            clock.shutdownNow();
        }
    }

    private static Properties client(String bootstrap, boolean impatient) {
        Properties found = new Properties();
        found.put("bootstrap.servers", bootstrap);
        found.put("client.id", impatient ? "prober" : "prober-changes");
        found.put("retry.backoff.max.ms", "200");
        found.put("reconnect.backoff.max.ms", "200");
        if (impatient) {
            found.put("request.timeout.ms", Integer.toString(PATIENCE_MS));
            found.put("default.api.timeout.ms", Integer.toString(2 * PATIENCE_MS));
        }
        return found;
    }

    /** Asks once; the answer is printed whenever it comes. Never throws: the clock would stop. */
    private static void ask(Admin admin, TopicPartition probed) {
        long asked = System.currentTimeMillis();
        try {
            KafkaFuture<Void> future = admin.alterPartitionReassignments(Map.of(probed, Optional.empty())).values().get(probed);
            future.whenComplete((nothing, error) -> tell(asked, error));
        } catch (RuntimeException error) {
            tell(asked, error);
        }
    }

    private static synchronized void tell(long asked, Throwable error) {
        Throwable cause = error instanceof CompletionException || error instanceof ExecutionException ? error.getCause() : error;
        boolean served = cause == null || cause instanceof NoReassignmentInProgressException;
        System.out.println(asked + " " + System.currentTimeMillis() + " " + (served ? "served" : cause.getClass().getSimpleName()));
        System.out.flush();
    }

    /** Carries out commands, one after the other, until the FIFO ends: it does not as long as anybody holds it open. */
    private void serve() throws IOException {
        try (BufferedReader lines = new BufferedReader(new FileReader(folder.resolve("commands").toFile(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isBlank()) {
                    carryOut(line.trim().split("\\s+"));
                }
            }
        }
    }

    private void carryOut(String[] words) throws IOException {
        String said;
        try {
            said = "ok" + (words[1].equals("list") ? list() : changed(words));
        } catch (ExecutionException error) {
            said = "failed: " + error.getCause();
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            said = "failed: " + error;
        } catch (Exception error) {
            said = "failed: " + error;
        }
        String line = words[0] + " " + said.replace('\n', ' ') + "\n";
        Files.writeString(folder.resolve("answers"), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private String list() throws Exception {
        Collection<TopicDescription> topics = got(admin.describeTopics(got(admin.listTopics().names())).allTopicNames()).values();
        Map<String, ConfigResource> resources = new TreeMap<>();
        topics.forEach(topic -> resources.put(topic.name(), new ConfigResource(ConfigResource.Type.TOPIC, topic.name())));
        Map<ConfigResource, Config> configs = got(admin.describeConfigs(resources.values()).all());
        StringBuilder found = new StringBuilder();
        for (TopicDescription topic : topics) {
            ConfigEntry retention = configs.get(resources.get(topic.name())).get("retention.ms");
            boolean own = retention != null && retention.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG;
            found.append(' ').append(topic.name()).append('=').append(topic.partitions().size()).append(',').append(own ? retention.value() : "-");
        }
        return found.toString();
    }

    private String changed(String[] words) throws Exception {
        got(change(words));
        return "";
    }

    private static <T> T got(KafkaFuture<T> future) throws Exception {
        return future.get(COMMAND_S, TimeUnit.SECONDS);
    }

    private KafkaFuture<Void> change(String[] words) {
        switch (words[1]) {
            case "create":
                NewTopic topic = new NewTopic(words[2], Integer.parseInt(words[3]), Short.parseShort(words[4]));
                return admin.createTopics(List.of(topic.configs(settings(words, 5)))).all();
            case "alter":
                Collection<AlterConfigOp> changes = new ArrayList<>();
                settings(words, 3).forEach((key, value) -> changes.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
                return admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, words[2]), changes)).all();
            case "delete":
                return admin.deleteTopics(List.of(words[2])).all();
            default:
                throw new IllegalArgumentException(words[1] + " is none of create, alter, delete, list");
        }
    }

    private static Map<String, String> settings(String[] words, int from) {
        Map<String, String> found = new HashMap<>();
        for (int index = from; index < words.length; index++) {
            String[] pair = words[index].split("=", 2);
            found.put(pair[0], pair[1]);
        }
        return found;
    }
}
