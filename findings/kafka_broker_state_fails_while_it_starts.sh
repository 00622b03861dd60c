#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  Apache Kafka 3.9.2, one broker in ZooKeeper mode, with a Java agent in its JVM that reads the gauge BrokerState by JMX.
# Behaviour: the gauge is registered before the broker has a state. Whoever asks in that moment gets no value and no "not found", but an
#            unchecked RuntimeMBeanException around a NullPointerException; a moment later the same question is answered by 0.
# Matters:   an agent that waits for state 3 and catches JMXException alone, which is what reading an MBean declares, ends there now and then,
#            on slow machines above all, and its broker is never called ready though it serves. (A test double of ours did.)
# Needs:     python3, java (with javac and jar), mvn, access to Maven Central. Takes about half a minute.
set -euo pipefail
work=$(mktemp -d)
finish() {
  exec 2>/dev/null
  for process in $(jobs -p); do kill -KILL "$process" || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>3.9.2</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dstyle.color=never -Dmaven.repo.local="$work/m2" dependency:copy-dependencies -DoutputDirectory="$work/libs"
printf 'log4j.rootLogger=%s\n' OFF >log4j.properties

# asks without a pause from before main() on, and says each answer that differs from the one before
cat >Asks.java <<'JAVA'
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.RuntimeMBeanException;

public final class Asks {
    public static void premain(String argument) {
        Thread asks = new Thread(() -> {
            String last = "";
            while (!last.equals("state 3")) {
                String answer;
                try {
                    ObjectName gauge = new ObjectName("kafka.server:type=KafkaServer,name=BrokerState");
                    answer = "state " + ManagementFactory.getPlatformMBeanServer().getAttribute(gauge, "Value");
                } catch (JMException error) {
                    answer = error.getClass().getSimpleName();
                } catch (RuntimeMBeanException error) {
                    answer = "unchecked " + error.getClass().getSimpleName() + " of " + error.getCause().getClass().getSimpleName();
                }
                if (!answer.equals(last)) {
                    System.out.println("asked: " + answer);
                    last = answer;
                }
            }
        });
        asks.setDaemon(true);
        asks.start();
    }
}
JAVA
javac -d classes Asks.java
echo "Premain-Class: Asks" >about
jar --create --file asks.jar --manifest about -C classes .

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
zookeeper=$(port) broker=$(port)
printf '%s\n' "dataDir=$work/zookeeper" "clientPort=$zookeeper" clientPortAddress=127.0.0.1 admin.enableServer=false >zookeeper.properties
printf '%s\n' broker.id=0 "listeners=PLAINTEXT://127.0.0.1:$broker" "zookeeper.connect=127.0.0.1:$zookeeper" "log.dirs=$work/data" >broker.properties
run() { java -Xmx256m -XX:+UseSerialGC -Dlog4j.configuration=file:log4j.properties -cp "$work/libs/*" "$@"; }
run org.apache.zookeeper.server.quorum.QuorumPeerMain zookeeper.properties >zookeeper.log 2>&1 &
run "-javaagent:$work/asks.jar" kafka.Kafka broker.properties >broker.log 2>&1 &
for _ in $(seq 240); do
  if grep -qF "state 3" broker.log; then break; fi
  sleep 0.5
done

grep '^asked: ' broker.log | tee seen
wanted="asked: unchecked RuntimeMBeanException of NullPointerException"
if [ "$(sed -n 2p seen)" != "$wanted" ] || [ "$(sed -n 1p seen)" != "asked: InstanceNotFoundException" ] || [ "$(tail -1 seen)" != "asked: state 3" ]; then
  echo "CHANGED: between no gauge and its first value the broker is asked without an error now" >&2
  exit 1
fi
echo "as described: the gauge exists, and fails, before the broker has a state"
