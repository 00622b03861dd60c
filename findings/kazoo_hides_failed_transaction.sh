#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  kazoo 2.11.0 against Apache ZooKeeper 3.8.4.
# Behaviour: a transaction that ZooKeeper refused as a whole looks like one that went through. As a context manager it ends
#            without an exception, and `committed` is True. Called by itself, commit() raises nothing either: it returns a list,
#            in which exceptions lie where results were expected, and the first of them need not be the one that says why.
# Matters:   `with client.transaction()` around check(version), delete("/controller") and delete("/migration") ends well although
#            every znode is still there. Only the returned list tells, and all of it must be looked at.
# Needs:     python3 with venv, java, mvn, access to PyPI and Maven Central. Takes about half a minute.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"

cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.zookeeper</groupId><artifactId>zookeeper</artifactId><version>3.8.4</version></dependency>
    <dependency><groupId>org.xerial.snappy</groupId><artifactId>snappy-java</artifactId><version>1.1.10.5</version></dependency>
    <dependency><groupId>io.dropwizard.metrics</groupId><artifactId>metrics-core</artifactId><version>4.2.26</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dstyle.color=never -Dmaven.repo.local="$work/m2" dependency:copy-dependencies -DoutputDirectory="$work/libs"
python3 -m venv venv
venv/bin/pip install -q kazoo==2.11.0

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'tickTime=2000\ndataDir=%s/data\nclientPort=%s\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n' "$work" "$port" >zoo.cfg
java -Xmx128m -cp "$work/libs/*" org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg >server.log 2>&1 &
server=$!

cat >look.py <<'PY'
"""Delete a znode in a transaction whose check names a version that the other znode does not have."""
import sys

from kazoo.client import KazooClient

client = KazooClient(f"127.0.0.1:{sys.argv[1]}")
client.start(timeout=30)
client.create("/epoch", b"5")
client.create("/claim", b"")


def there():
    return client.exists("/claim") is not None


with client.transaction() as transaction:
    transaction.check("/epoch", 7)
    transaction.delete("/claim")
print(f"with block: no exception, committed {transaction.committed}, znode still there {there()}")

transaction = client.transaction()
transaction.delete("/claim")
transaction.check("/epoch", 7)
answers = transaction.commit()
print(f"commit(): no exception, committed {transaction.committed}, znode still there {there()}")
print(f"answers: {', '.join(type(answer).__name__ for answer in answers)}")
client.stop()
PY
venv/bin/python look.py "$port" 2>/dev/null | tee seen.txt
cat >expected.txt <<'TXT'
with block: no exception, committed True, znode still there True
commit(): no exception, committed True, znode still there True
answers: RolledBackError, BadVersionError
TXT
diff expected.txt seen.txt || { echo "kazoo_hides_failed_transaction: the behaviour has changed" >&2; exit 1; }
echo "kazoo_hides_failed_transaction: as seen before"
