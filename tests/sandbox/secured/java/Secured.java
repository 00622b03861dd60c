/*
 * Copyright (c) 2026, the kafkaops.kraft authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
package kafkaops.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * The helper of secured fixture clusters. What it has to do comes as JSON on standard input, since it contains secrets: arguments of a
 * command can be read by others, and those of an exec are in the API server's audit log.
 *
 * bootstrap: before the first broker starts: the chroot and what brokers must find in ZooKeeper.
 * prepare: users, ACLs, quotas, topics, a delegation token; prints "token ID HMAC".
 * topics: topics only, as Topics.java, with a login.
 * acls: makes or takes away ACLs.
 * znodes: prints znodes that only an authenticated session may read.
 * prove: tries things and prints a line of JSON for each.
 * intrude BOOTSTRAP FILE MILLISECONDS TOPIC...: tries for ever what is forbidden.
 */
public final class Secured {
    static final ObjectMapper JSON = new ObjectMapper();

    private Secured() {
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("intrude")) {
            Intruder.run(arguments);
            return;
        }
        JsonNode todo = JSON.readTree(System.in);
        switch (arguments[0]) {
            case "bootstrap" -> Preparation.bootstrap(todo);
            case "prepare" -> Preparation.prepare(todo);
            case "topics" -> Preparation.topics(todo);
            case "acls" -> Preparation.acls(todo);
            case "znodes" -> Preparation.znodes(todo);
            case "prove" -> Proofs.run(todo);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        System.out.flush();
        // clients of refused sessions may still hold threads
        Runtime.getRuntime().halt(0);
    }

    /** Returns an object of strings as settings. */
    static Properties properties(JsonNode found) {
        Properties made = new Properties();
        fields(found).forEach((name, value) -> made.put(name, value.asText()));
        return made;
    }

    static Map<String, JsonNode> fields(JsonNode found) {
        Map<String, JsonNode> made = new LinkedHashMap<>();
        for (Iterator<Map.Entry<String, JsonNode>> all = found.fields(); all.hasNext();) {
            Map.Entry<String, JsonNode> each = all.next();
            made.put(each.getKey(), each.getValue());
        }
        return made;
    }

    static Properties file(String name) throws Exception {
        Properties found = new Properties();
        try (var reader = Files.newBufferedReader(Path.of(name))) {
            found.load(reader);
        }
        return found;
    }

    /** Returns what went wrong, without the wrappers of futures. */
    static Throwable cause(Throwable error) {
        boolean wrapper = error instanceof ExecutionException || error instanceof CompletionException
            || error.getClass() == org.apache.kafka.common.KafkaException.class;
        return wrapper && error.getCause() != null ? cause(error.getCause()) : error;
    }
}
