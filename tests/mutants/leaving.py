# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes in what a secured migration leaves behind, shows to others, or takes for sure."""

from __future__ import annotations

from tests.mutants.mutant import ACT, ACTION, CORE, MIGRATION, PLATFORM, RUN, UTILS, Mutant, unit

STATEFULSET = PLATFORM + "_statefulset/"
LEAVING = unit("module_utils/_platform/_statefulset/test_leaving")

CHECKED = unit("module_utils/_platform/_statefulset/test_security_checks")
RIGHTS = CORE + "_settings/cluster_rights.py"
CLUSTER_RIGHTS = unit("module_utils/_core/_settings/test_cluster_rights")
CERTIFICATES, JUDGED = CORE + "_settings/certificates.py", unit("module_utils/_core/_settings/test_certificates")
PARTS, HASH = CORE + "_manifests/settings_parts.py", unit("module_utils/_core/_manifests/test_settings_parts")

LEAVINGS = (
    Mutant(
        "a certificate that is not valid yet is good enough",
        "2",
        CERTIFICATES,
        "    if begins is not None and begins > now:\n",
        "    if False:\n",
        JUDGED,
    ),
    Mutant(
        "a certificate for servers only is shown by clients",
        "2",
        STATEFULSET + "security_checks.py",
        'cluster.params["soak"], both_show=both)',
        'cluster.params["soak"])',
        CHECKED,
    ),
    Mutant(
        "an authority that has expired is good enough",
        "2",
        CERTIFICATES,
        "if each.ends <= now and not each.root), None)",
        "if False), None)",
        JUDGED,
    ),
    Mutant(
        "the end of a chain is that of its first certificate",
        "2",
        CERTIFICATES,
        '    all_of_it += [(f"the certificate of {each.subject}", each.ends) for each in certificate.authorities]\n',
        "",
        JUDGED,
    ),
    Mutant(
        "a certificate of another listener that could not be read is passed over",
        "2",
        STATEFULSET + "certificate_checks.py",
        '            found.append(finding("certificate-unreadable", where, sentence))\n',
        "            del sentence\n",
        unit("module_utils/_platform/_statefulset/test_certificate_checks"),
    ),
    Mutant(
        "controllers get the super users of one broker",
        "2",
        STATEFULSET + "security.py",
        "    names = {name for one in each for name in principals.super_users(one)}\n",
        "    names = set(principals.super_users(each[0]))\n",
        CHECKED,
    ),
    Mutant(
        "a broker whose super users could not be read has none",
        "2",
        STATEFULSET + "security_checks.py",
        "        running, {broker, chosen.principal, *more}, unknown(cluster.facts)\n",
        "        running, {broker, chosen.principal, *more}\n",
        CHECKED,
    ),
    Mutant(
        "whoever may do everything on a topic may do everything on the cluster",
        "2",
        RIGHTS,
        "    return acl.resource == _CLUSTER and by_name\n",
        "    return by_name or acl.name == _ANY\n",
        CLUSTER_RIGHTS,
    ),
    Mutant(
        "a Deny on the cluster is passed over",
        "2",
        RIGHTS,
        "if not denied & {name, _EVERYBODY} and let",
        "if let",
        CLUSTER_RIGHTS,
    ),
    Mutant(
        "everybody may what no ACL says although the cluster has one",
        "2",
        RIGHTS,
        "    mine = [each for each in acls if _is_of_cluster(each)]\n    if not mine:\n",
        "    mine = [each for each in acls if _is_of_cluster(each)]\n    if not mine or everybody:\n",
        CLUSTER_RIGHTS,
    ),
    Mutant(
        "the text that hides a password logs in to ZooKeeper",
        "7",
        CORE + "_settings/zookeeper_login.py",
        "    if REDACTED in found.username + found.password:\n",
        "    if False:\n",
        unit("module_utils/_core/_settings/test_zookeeper_login"),
    ),
    Mutant(
        "a support bundle has whatever a failure quotes",
        "7",
        MIGRATION + "support_bundle.py",
        "    plain = redact(json.loads(json.dumps(content, default=str)))\n",
        "    plain = json.loads(json.dumps({**redact(content), 'failure': dict(failure)}, default=str))\n",
        unit("module_utils/_migration/test_support_bundle"),
    ),
    Mutant(
        "the journal has whatever a failure quotes",
        "7",
        UTILS + "_run.py",
        "error=redact_text(error.message)",
        "error=error.message",
        RUN,
    ),
    Mutant(
        "a finding shows the arguments of a Java agent",
        "7",
        CORE + "_manifests/jvm_files.py",
        '    return word.partition("=")[0]\n',
        "    return word\n",
        unit("module_utils/_core/_manifests/test_jvm_files"),
    ),
    Mutant(
        "whoever sees a pod can try out passwords by the hash of its settings",
        "7",
        PARTS,
        "    if any(is_secret(key) for key in settings):\n",
        "    if False:\n",
        HASH,
    ),
    Mutant(
        "one table of passwords serves for the hashes of all clusters",
        "7",
        PARTS,
        "        return _slow_digest(text, cluster)\n",
        '        return _slow_digest(text, "")\n',
        HASH,
    ),
    Mutant(
        "a guess of a password costs nothing",
        "7",
        PARTS,
        "_ROUNDS = 200_000\n",
        "_ROUNDS = 1\n",
        HASH,
    ),
    Mutant(
        "Secrets of the controllers are forgotten once their StatefulSet is gone",
        "back",
        STATEFULSET + "controllers.py",
        '    for name in cluster.journal.made("Secret"):\n',
        "    for name in ():\n",
        LEAVING,
    ),
    Mutant(
        "a rollback deletes Secrets that brokers still need with those of the controllers",
        "6",
        STATEFULSET + "controllers.py",
        "        if there is not None and is_of_controllers(there, cluster.name):\n",
        "        if there is not None:\n",
        LEAVING,
    ),
    Mutant(
        "Secrets that stages of the brokers made stay behind",
        "back",
        STATEFULSET + "stage_objects.py",
        'dict.fromkeys([*cluster.journal.made("Secret"), *controllers.secret_names(cluster)])',
        "controllers.secret_names(cluster)",
        LEAVING,
    ),
    Mutant(
        "a Secret of the brokers is made before its name is noted",
        "back",
        ACTION + "broker_settings.py",
        "        run.will_make(stage, [name for item in plans for name in item.secrets])\n",
        "",
        ACT["broker_settings"],
    ),
    Mutant(
        "a Secret of the controllers is made before its name is noted",
        "back",
        ACTION + "kraft_controller.py",
        "            run.will_make(stage, controllers.secrets(stage))\n",
        "            pass\n",
        ACT["kraft_controller"],
    ),
    Mutant(
        "a Secret of a rollback that had to elect a broker is made before its name is noted",
        "back",
        ACTION + "migration_znode.py",
        "        run.will_make(stages.ORIGINAL, [name for item in plans for name in item.secrets])\n",
        "",
        ACT["migration_znode"],
    ),
)
