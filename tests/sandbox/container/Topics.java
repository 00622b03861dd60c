/*
 * Copyright (c) 2026, the kafkaops.kraft authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
package kafkaops.sandbox;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Creates many topics with one JVM and one request (kafka-topics.sh needs two seconds for each).
 * Argument: bootstrap servers. Standard input, one topic a line: name partitions replicationFactor [key=value]*
 */
public final class Topics {
    private Topics() {
    }

    public static void main(String[] arguments) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.isBlank()) {
                continue;
            }
            String[] words = line.trim().split("\\s+");
            Map<String, String> settings = new HashMap<>();
            for (int index = 3; index < words.length; index++) {
                String[] pair = words[index].split("=", 2);
                settings.put(pair[0], pair[1]);
            }
            topics.add(new NewTopic(words[0], Integer.parseInt(words[1]), Short.parseShort(words[2])).configs(settings));
        }
        Properties client = new Properties();
        client.put("bootstrap.servers", arguments[0]);
        try (Admin admin = Admin.create(client)) {
            admin.createTopics(topics).values().forEach(Topics::await);
        }
        System.out.println("created " + topics.size());
    }

    /** Waits for one topic; one that is there already will do. */
    private static void await(String topic, KafkaFuture<Void> future) {
        try {
            future.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException error) {
            if (!(error.getCause() instanceof TopicExistsException)) {
                throw new IllegalStateException(topic, error.getCause());
            }
        } catch (InterruptedException | TimeoutException error) {
            throw new IllegalStateException(topic, error);
        }
    }
}
