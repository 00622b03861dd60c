# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about which ZooKeeper it is, how long it may be silent, and whose turn it is."""

from __future__ import annotations

from tests.mutants.mutant import CLUSTER, CORE, HANDOVER, KUBERNETES, PLATFORM, RUNTIME, ZOOKEEPER, Mutant, one, unit

DISCOVERY = unit("module_utils/_platform/_statefulset/test_discovery")
SESSION = unit("module_utils/_zookeeper/test_session")
TLS, LOGIN = unit("module_utils/_zookeeper/test_tls"), unit("module_utils/_zookeeper/test_connection")
SECRET, NAMES = (unit(f"module_utils/_core/_settings/test_{each}") for each in ("zookeeper_secret", "peer_names"))
STORES = unit("module_utils/_runtime/test_tls_stores")
ACLS = unit("module_utils/_core/test_znode_acls")
BROKERS_LOGIN = unit("module_utils/_core/_settings/test_zookeeper_login")

ROUTE = unit("module_utils/_cluster/test_zookeeper_route")
LEASE = "module_utils/_kubernetes/test_lease"

CONNECTING = (
    Mutant(
        "a holder whose clock is slow is robbed",
        "6",
        KUBERNETES + "lease.py",
        "            left = 0.0 if self._is_free(spec) else",
        "            left = 0.0 if self._is_free(spec) or _seems_over(spec) else",
        one(LEASE, "test_an_alien_that_renews_is_not_overtaken"),
    ),
    Mutant(
        "a Lease that is renewed is taken all the same",
        "6",
        KUBERNETES + "lease.py",
        "        if spec != self._spec:\n",
        "        if self._spec is None:\n",
        one(LEASE, "test_an_alien_that_renews_is_not_overtaken"),
    ),
    Mutant(
        "a holder stops later than another may take over",
        "6",
        KUBERNETES + "lease.py",
        "RENEW_DEADLINE = 80.0\n",
        "RENEW_DEADLINE = 100.0\n",
        one(LEASE, "test_a_holder_stops_before_another_may_take_over_and_not_before_other_requests_give_up"),
    ),
    Mutant(
        "a renewal that hangs keeps the run alive",
        "6",
        KUBERNETES + "lease.py",
        "            if clock() - self._renewed >= RENEW_DEADLINE:\n",
        "            if False:\n",
        one(LEASE, "test_a_renewal_that_hangs_is_not_waited_for"),
    ),
    Mutant(
        "a Lease of somebody else is taken for its name",
        "6",
        KUBERNETES + "lease.py",
        "        if held is not None and any(labels.get(key)",
        "        if held is not None and False and any(labels.get(key)",
        one(LEASE, "test_a_lease_of_somebody_else_is_neither_taken_nor_deleted"),
    ),
    Mutant(
        "StatefulSets with different ZooKeepers are one cluster",
        "6",
        PLATFORM + "_statefulset/discovery.py",
        "    if any(each not in one for each in parsed):\n",
        "    if False:\n",
        DISCOVERY,
    ),
    Mutant(
        "many reads share one deadline",
        "11",
        ZOOKEEPER + "session.py",
        "        silence.broken()\n        self._connection.worked()\n",
        "        self._connection.worked()\n",
        SESSION,
    ),
    Mutant(
        "a server that falls silent is waited for without end",
        "11",
        ZOOKEEPER + "silence.py",
        "        return max(0.0, self._until - time.monotonic())\n",
        "        return max(5.0, self._until - time.monotonic())\n",
        SESSION,
    ),
    Mutant(
        "one server of ZooKeeper for the whole run",
        "11",
        CLUSTER + "zookeeper_route.py",
        "                self._used[route.how] = max(self._used.values(), default=0) + 1\n",
        "                self._used[route.how] = 0\n",
        ROUTE,
    ),
    Mutant(
        "a broker that cannot relay does",
        "11",
        CLUSTER + "zookeeper_route.py",
        " is not None and is_ready(pod)\n",
        " is not None\n",
        ROUTE,
    ),
    Mutant(
        "reads meet a server that lags behind",
        "9",
        ZOOKEEPER + "connection.py",
        "        self.losses += 1\n",
        "",
        SESSION,
    ),
    Mutant(
        "reads are taken although their sync was lost",
        "9",
        ZOOKEEPER + "session.py",
        "            return requests\n",
        "            pass\n",
        SESSION,
    ),
    Mutant(
        "a transaction is repeated without a look",
        "9",
        ZOOKEEPER + "handover.py",
        "            unsure = done\n            continue\n",
        "            session.transact(todo)\n",
        HANDOVER,
    ),
    Mutant(
        "a transaction whose answer was lost is taken for done",
        "9",
        ZOOKEEPER + "handover.py",
        "            unsure = done\n            continue\n",
        "            unsure = done\n",
        HANDOVER,
    ),
    Mutant(
        "any server's certificate will do",
        "7",
        ZOOKEEPER + "tls.py",
        "        if self._verify_names and not is_named(certificate, self._names):\n",
        "        if False:\n",
        TLS,
    ),
    Mutant(
        "a star stands for more than one part of a name",
        "7",
        CORE + "_settings/peer_names.py",
        '    if len(ours) != len(theirs) or "*" in',
        '    if "*" in',
        NAMES,
    ),
    Mutant(
        "a star alone stands for everybody",
        "7",
        CORE + "_settings/peer_names.py",
        ' or "*" in ours[-1] or',
        " or",
        NAMES,
    ),
    Mutant(
        "a name of a certificate that Java takes for none counts",
        "7",
        CORE + "_settings/peer_names.py",
        " or not all(map(_PART.fullmatch, (*ours, *theirs))):",
        ":",
        NAMES,
    ),
    Mutant(
        "a star inside a name stands for nothing, so that good certificates are refused",
        "7",
        CORE + "_settings/peer_names.py",
        '    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), part) is not None\n',
        '    return pattern in ("*", part)\n',
        NAMES,
    ),
    Mutant(
        "the common name counts beside other names",
        "7",
        CORE + "_settings/peer_names.py",
        "    if any(kind == DNS for kind, _name in found):\n",
        "    if False:\n",
        NAMES,
    ),
    Mutant(
        "the authorities of the machine count beside a trust store",
        "7",
        RUNTIME + "tls_stores.py",
        "        context.load_verify_locations(cadata=trusted)\n",
        "        context.load_verify_locations(cadata=trusted)\n        context.load_default_certs()\n",
        STORES,
    ),
    Mutant(
        "a private key that others may read",
        "7",
        RUNTIME + "tls_stores.py",
        "os.O_WRONLY, 0o600)",
        "os.O_WRONLY, 0o644)",
        STORES,
    ),
    Mutant(
        "our key stays on the disk",
        "7",
        RUNTIME + "tls_stores.py",
        '    with tempfile.TemporaryDirectory(prefix="kraft-", dir=folder) as private:\n',
        '    for private in [tempfile.mkdtemp(prefix="kraft-", dir=folder)]:\n',
        STORES,
    ),
    Mutant(
        "what a store holds is in a repr",
        "7",
        RUNTIME + "tls_stores.py",
        '    key: str = field(default="", repr=False)\n',
        '    key: str = ""\n',
        STORES,
    ),
    Mutant(
        "OpenSSL asks for the password of a key at the terminal",
        "11",
        RUNTIME + "tls_stores.py",
        "load_cert_chain(path, password=keys.password)",
        "load_cert_chain(path, password=keys.password or None)",
        STORES,
    ),
    Mutant(
        "the password of ZooKeeper in a repr",
        "7",
        CORE + "_settings/zookeeper_login.py",
        '    username: str = ""\n    password: str = field(default="", repr=False)\n',
        '    username: str = ""\n    password: str = field(default="")\n',
        SECRET,
    ),
    Mutant(
        "a broker whose login could not be read is taken for one without",
        "7",
        CORE + "_settings/zookeeper_login.py",
        "    if path and isinstance(jaas, Unknown):\n",
        "    if False:\n",
        BROKERS_LOGIN,
    ),
    Mutant(
        "a connection that breaks under a login ends the session for good",
        "11",
        ZOOKEEPER + "connection.py",
        "        if self.refusals >= TRIES and not self.has_worked:\n",
        "        if self.refusals >= TRIES:\n",
        LOGIN,
    ),
    Mutant(
        "a wrong password is tried without end",
        "11",
        ZOOKEEPER + "connection.py",
        "        if self.refusals >= TRIES and not self.has_worked:\n",
        "        if False:\n",
        LOGIN,
    ),
    Mutant(
        "TLS waits for what it has read already",
        "11",
        ZOOKEEPER + "tls.py",
        " and each.pending() > 0]",
        " and each.pending() < 0]",
        one("module_utils/_zookeeper/test_tls", "test_answers_that_come_in_one_record_are_all_seen"),
    ),
    Mutant(
        "a deletion is judged by the znode's own ACL",
        "9",
        CORE + "znode_acls.py",
        '    return path if change == "set" else ',
        "    return path if path else ",
        ACLS,
    ),
    Mutant(
        "an ACL that could not be read lets everything happen",
        "9",
        CORE + "znode_acls.py",
        "        return Right(path, change, guard, acl, sentence)\n",
        "        return Right(path, change, guard, True, sentence)\n",
        ACLS,
    ),
)
