// Copyright (c) 2026, the kafkaops.kraft authors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package kafkaops.strimzi;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.FileInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.Executors;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.RuntimeMBeanException;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

/**
 * What the double's pods have instead of Strimzi's agent: the same three paths with the same answers, in plain HTTP on 8080 and with
 * certificates on both sides on 8443, and the file that says that a broker is ready.
 *
 * <p>Argument: the address that 8080 is bound to, "localhost" or empty for all. The process is told by KAFKAOPS_ROLE ("broker", "controller").
 */
public final class KafkaAgent {
    private static final String BROKER_STATE = "kafka.server:type=KafkaServer,name=BrokerState";
    private static final String MIGRATION_STATE = "kafka.controller:type=KafkaController,name=ZkMigrationState";
    private static final Path READY = Path.of("/var/opt/kafka/kafka-ready");
    private static final int RUNNING = 3;
    private static final int RECOVERY = 2;
    private static final int UNKNOWN = 127;

    private KafkaAgent() {}

    public static void premain(String host) throws Exception {
        boolean controller = "controller".equals(System.getenv("KAFKAOPS_ROLE"));
        InetSocketAddress plain =
            host == null || host.isEmpty() ? new InetSocketAddress(8080) : new InetSocketAddress(InetAddress.getByName(host), 8080);
        HttpServer open = HttpServer.create(plain, 0);
        HttpsServer secure = HttpsServer.create(new InetSocketAddress(8443), 0);
        secure.setHttpsConfigurator(certificates());
        for (HttpServer server : new HttpServer[] {open, secure}) {
            server.createContext("/v1/broker-state/", exchange -> answer(exchange, 200, brokerState(), "Broker state metric not found"));
            server.createContext("/v1/kraft-migration/",
                exchange -> answer(exchange, 200, controller ? migrationState() : null, "ZooKeeper migration state metric not found"));
            server.createContext("/v1/ready/", KafkaAgent::ready);
            server.setExecutor(Executors.newFixedThreadPool(2, KafkaAgent::daemon));
        }
        // its own dispatcher is no daemon: the process still ends, since Kafka ends it by System.exit
        open.start();
        secure.start();
        if (!controller) {
            daemon(KafkaAgent::markReady).start();
        }
    }

    private static Thread daemon(Runnable work) {
        Thread made = new Thread(work, "kafka-agent");
        made.setDaemon(true);
        return made;
    }

    private static void markReady() {
        try {
            while (!isReady()) {
                Thread.sleep(200);
            }
            Files.writeString(READY, "");
        } catch (InterruptedException | IOException error) {
            System.err.println("kafka-agent: " + error);
        }
    }

    private static boolean isReady() {
        Integer state = value(BROKER_STATE);
        return state != null && state >= RUNNING && state != UNKNOWN;
    }

    private static String brokerState() {
        Integer state = value(BROKER_STATE);
        if (state == null) {
            return null;
        }
        if (state != RECOVERY) {
            return "{\"brokerState\":" + state + "}";
        }
        return String.format("{\"brokerState\":%d,\"recoveryState\":{\"remainingLogsToRecover\":%d,\"remainingSegmentsToRecover\":%d}}",
            state, sum("remainingLogsToRecover"), sum("remainingSegmentsToRecover"));
    }

    private static String migrationState() {
        Integer state = value(MIGRATION_STATE);
        return state == null ? null : "{\"state\":" + state + "}";
    }

    private static Integer value(String name) {
        try {
            return ((Number) ManagementFactory.getPlatformMBeanServer().getAttribute(new ObjectName(name), "Value")).intValue();
        } catch (JMException | RuntimeMBeanException error) {
            // Kafka registers its gauge before it has a state, and asking that early fails inside it
            return null;
        }
    }

    private static long sum(String name) {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        long found = 0;
        try {
            for (ObjectName bean : beans.queryNames(new ObjectName("kafka.log:type=LogManager,name=" + name + ",*"), null)) {
                found += ((Number) beans.getAttribute(bean, "Value")).longValue();
            }
        } catch (JMException error) {
            return found;
        }
        return found;
    }

    private static void ready(HttpExchange exchange) throws IOException {
        if (value(BROKER_STATE) == null) {
            answer(exchange, 200, null, "Broker state metric not found");
        } else {
            exchange.sendResponseHeaders(isReady() ? 204 : 503, -1);
            exchange.close();
        }
    }

    private static void answer(HttpExchange exchange, int status, String json, String missing) throws IOException {
        byte[] body = (json == null ? missing : json).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", json == null ? "text/plain" : "application/json; charset=UTF-8");
        exchange.sendResponseHeaders(json == null ? 404 : status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static HttpsConfigurator certificates() throws Exception {
        char[] password = System.getenv("CERTS_STORE_PASSWORD").toCharArray();
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store("/tmp/kafka/cluster.keystore.p12", password), password);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store("/tmp/kafka/cluster.truststore.p12", System.getenv("TRUST_STORE_PASSWORD").toCharArray()));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = getSSLContext().getDefaultSSLParameters();
                wanted.setNeedClientAuth(true);
                parameters.setSSLParameters(wanted);
            }
        };
    }

    private static KeyStore store(String file, char[] password) throws Exception {
        KeyStore found = KeyStore.getInstance("PKCS12");
        try (FileInputStream source = new FileInputStream(file)) {
            found.load(source, password);
        }
        return found;
    }
}
