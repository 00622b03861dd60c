/*
 * Copyright (c) 2026, the kafkaops.kraft authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
package kafkaops.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.token.delegation.DelegationToken;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;

/** Makes what a secured cluster has, as its administrators would. */
final class Preparation {
    private Preparation() {
    }

    /** Opens a session that has logged in. */
    private static ZooKeeper session(String servers, Path jaas) throws Exception {
        System.setProperty("java.security.auth.login.config", jaas.toString());
        CountDownLatch authenticated = new CountDownLatch(1);
        ZooKeeper session = new ZooKeeper(servers, 30000, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SaslAuthenticated) {
                authenticated.countDown();
            }
        });
        if (!authenticated.await(60, TimeUnit.SECONDS)) {
            session.close();
            throw new IllegalStateException("no authenticated session with " + servers + " within 60 s");
        }
        return session;
    }

    /** Prints one JSON object: path of each znode that was asked for, and its data. */
    static void znodes(JsonNode todo) throws Exception {
        Path jaas = secret("jaas", todo.get("jaas").asText());
        ZooKeeper session = session(todo.get("servers").asText() + todo.get("chroot").asText(), jaas);
        try {
            ObjectNode found = Secured.JSON.createObjectNode();
            for (JsonNode path : todo.get("paths")) {
                found.put(path.asText(), new String(session.getData(path.asText(), false, null), StandardCharsets.UTF_8));
            }
            System.out.println(Secured.JSON.writeValueAsString(found));
        } finally {
            session.close();
            Files.delete(jaas);
        }
    }

    /** Makes the chroot, and lets Kafka's own kafka-configs write what brokers must find when they start. */
    static void bootstrap(JsonNode todo) throws Exception {
        Path jaas = secret("jaas", todo.get("jaas").asText());
        String servers = todo.get("servers").asText();
        String chroot = todo.get("chroot").asText();
        ZooKeeper session = session(servers, jaas);
        try {
            // as a broker makes it with zookeeper.set.acl: everybody may read it, only its creator may change it
            List<ACL> acl = new ArrayList<>(ZooDefs.Ids.CREATOR_ALL_ACL);
            acl.addAll(ZooDefs.Ids.READ_ACL_UNSAFE);
            session.create(chroot, null, acl, CreateMode.PERSISTENT);
        } catch (KeeperException.NodeExistsException error) {
            System.out.println(chroot + " is there");
        } finally {
            session.close();
        }
        for (JsonNode each : todo.get("configs")) {
            Path file = secret("config", "");
            try (var writer = Files.newBufferedWriter(file)) {
                Secured.properties(each.get("values")).store(writer, null);
            }
            kafka.admin.ConfigCommand.main(new String[] {
                "--zookeeper", servers + chroot, "--alter", "--entity-type", each.get("type").asText(),
                "--entity-name", each.get("name").asText(), "--add-config-file", file.toString()});
            Files.delete(file);
        }
        Files.delete(jaas);
    }

    /** Returns a new file that only this user may read. */
    private static Path secret(String name, String text) throws Exception {
        var owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        return Files.writeString(Files.createTempFile(name, "", owner), text);
    }

    static void prepare(JsonNode todo) throws Exception {
        Properties client = Secured.properties(todo.get("admin"));
        try (Admin admin = Admin.create(client)) {
            List<UserScramCredentialAlteration> users = new ArrayList<>();
            int iterations = todo.get("iterations").asInt();
            Secured.fields(todo.get("users")).forEach((name, password) -> users.add(new UserScramCredentialUpsertion(
                name, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, iterations), password.asText())));
            got(admin.alterUserScramCredentials(users).all());
            // one after the other: DENY comes first in the list
            for (JsonNode each : todo.get("acls")) {
                got(admin.createAcls(List.of(binding(each))).all());
            }
            List<ClientQuotaAlteration> quotas = new ArrayList<>();
            for (JsonNode each : todo.get("quotas")) {
                quotas.add(quota(each));
            }
            got(admin.alterClientQuotas(quotas).all());
            create(admin, todo.get("topics"));
            Map<ConfigResource, Collection<AlterConfigOp>> dynamic = new HashMap<>();
            Secured.fields(todo.get("dynamic")).forEach((broker, values) -> {
                List<AlterConfigOp> set = new ArrayList<>();
                Secured.fields(values).forEach((key, value) -> set.add(
                    new AlterConfigOp(new ConfigEntry(key, value.asText()), AlterConfigOp.OpType.SET)));
                dynamic.put(new ConfigResource(ConfigResource.Type.BROKER, broker), set);
            });
            got(admin.incrementalAlterConfigs(dynamic).all());
        }
        try (Producer<String, String> seeds = new KafkaProducer<>(client, new StringSerializer(), new StringSerializer())) {
            for (JsonNode topic : todo.get("seeded")) {
                int partitions = seeds.partitionsFor(topic.asText()).size();
                for (int partition = 0; partition < partitions; partition++) {
                    seeds.send(new ProducerRecord<>(topic.asText(), partition, "seed", "for nobody but who may read it")).get(30, TimeUnit.SECONDS);
                }
            }
        }
        token(Secured.properties(todo.get("owner")));
    }

    /** Makes a delegation token, unless its owner has one, and prints it. The owner has to be known to the broker that is asked: the user is new. */
    private static void token(Properties owner) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            try (Admin admin = Admin.create(owner)) {
                List<DelegationToken> known = got(admin.describeDelegationToken().delegationTokens());
                DelegationToken token = known.isEmpty() ? got(admin.createDelegationToken().delegationToken()) : known.get(0);
                System.out.println("token " + token.tokenInfo().tokenId() + " " + Base64.getEncoder().encodeToString(token.hmac()));
                return;
            } catch (org.apache.kafka.common.errors.AuthenticationException error) {
                if (System.nanoTime() > deadline) {
                    throw error;
                }
                TimeUnit.MILLISECONDS.sleep(200);
            }
        }
    }

    /** Makes or takes away ACLs. */
    static void acls(JsonNode todo) throws Exception {
        List<AclBinding> bindings = new ArrayList<>();
        todo.get("acls").forEach(each -> bindings.add(binding(each)));
        try (Admin admin = Admin.create(Secured.properties(todo.get("admin")))) {
            if (todo.get("remove").asBoolean()) {
                List<AclBindingFilter> filters = new ArrayList<>();
                bindings.forEach(each -> filters.add(each.toFilter()));
                got(admin.deleteAcls(filters).all());
            } else {
                got(admin.createAcls(bindings).all());
            }
        }
    }

    /** Makes topics: "name partitions replicas [key=value]*". */
    static void topics(JsonNode todo) throws Exception {
        try (Admin admin = Admin.create(Secured.properties(todo.get("admin")))) {
            create(admin, todo.get("topics"));
        }
    }

    private static void create(Admin admin, JsonNode lines) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (JsonNode line : lines) {
            String[] words = line.asText().trim().split("\\s+");
            Map<String, String> settings = new HashMap<>();
            for (int index = 3; index < words.length; index++) {
                String[] pair = words[index].split("=", 2);
                settings.put(pair[0], pair[1]);
            }
            topics.add(new NewTopic(words[0], Integer.parseInt(words[1]), Short.parseShort(words[2])).configs(settings));
        }
        for (KafkaFuture<Void> each : admin.createTopics(topics).values().values()) {
            try {
                got(each);
            } catch (TopicExistsException error) {
                continue;
            }
        }
    }

    private static AclBinding binding(JsonNode each) {
        return new AclBinding(
            new ResourcePattern(ResourceType.valueOf(text(each, "resource")), text(each, "name"), PatternType.valueOf(text(each, "pattern"))),
            new AccessControlEntry(text(each, "principal"), "*", AclOperation.valueOf(text(each, "operation")),
                AclPermissionType.valueOf(text(each, "permission"))));
    }

    private static ClientQuotaAlteration quota(JsonNode each) {
        Map<String, String> entity = new HashMap<>();
        Secured.fields(each.get("entity")).forEach((type, name) -> entity.put(type, name.isNull() ? null : name.asText()));
        List<ClientQuotaAlteration.Op> values = new ArrayList<>();
        Secured.fields(each.get("values")).forEach((key, value) -> values.add(new ClientQuotaAlteration.Op(key, value.asDouble())));
        return new ClientQuotaAlteration(new ClientQuotaEntity(entity), values);
    }

    private static String text(JsonNode each, String name) {
        return each.get(name).asText();
    }

    private static <T> T got(KafkaFuture<T> future) throws Exception {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException error) {
            throw error.getCause() instanceof Exception known ? known : error;
        }
    }
}
