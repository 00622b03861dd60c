# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about what both stores have to hold alike, and about the secrets that comparing them needs."""

from __future__ import annotations

from tests.mutants.mutant import CLUSTER, CORE, KAFKA, ZOOKEEPER, Mutant, one, unit

METADATA = CORE + "_metadata/"
COMPARISON = unit("module_utils/_core/_metadata/test_comparison")
RECORDS = unit("module_utils/_core/_metadata/test_image_records")
CANARIES = unit("module_utils/_zookeeper/test_image_secrets")
PASSWORDS = unit("module_utils/_zookeeper/test_passwords")
PARITY = unit("module_utils/_cluster/test_parity")

PARITIES = (
    Mutant(
        "an ACL that only KRaft has is no difference",
        "9",
        METADATA + "comparison.py",
        "    for acl in sorted(zookeeper.acls ^ kraft.acls):\n",
        "    for acl in sorted(zookeeper.acls - kraft.acls):\n",
        COMPARISON,
    ),
    Mutant(
        "SCRAM credentials are compared by presence only",
        "9",
        METADATA + "comparison.py",
        "        elif ours != theirs:\n",
        "        elif False:\n",
        COMPARISON,
    ),
    Mutant(
        "delegation tokens are not compared",
        "9",
        METADATA + "comparison.py",
        "    _tokens,\n",
        "",
        COMPARISON,
    ),
    Mutant(
        "an ACL that was removed still counts",
        "9",
        METADATA + "image_records.py",
        '        if self.acls.pop(str(data["id"]), None) is None:\n',
        '        if self.acls.get(str(data["id"])) is None:\n',
        RECORDS,
    ),
    Mutant(
        "prefixed ACLs are not read",
        "9",
        METADATA + "security_znodes.py",
        'ACL_FOLDERS = {LITERAL: "/kafka-acl", PREFIXED: "/kafka-acl-extended/prefixed"}\n',
        'ACL_FOLDERS = {LITERAL: "/kafka-acl", PREFIXED: "/kafka-acl-extended/none"}\n',
        unit("module_utils/_zookeeper/test_security"),
    ),
    Mutant(
        "a password that was copied as ciphertext is no difference",
        "1",
        METADATA + "comparison.py",
        "    if theirs.encrypted:\n",
        "    if False:\n",
        COMPARISON,
    ),
    Mutant(
        "another password is no difference",
        "1",
        METADATA + "comparison.py",
        "    if ours.fingerprint and theirs.fingerprint and ours.fingerprint != theirs.fingerprint:\n",
        "    if False:\n",
        COMPARISON,
    ),
    Mutant(
        "passwords that were not compared are not told",
        "1",
        CLUSTER + "parity.py",
        "        if not self.by_presence:\n",
        "        if True:\n",
        PARITY,
    ),
    Mutant(
        "a wrong secret decrypts to something",
        "1",
        METADATA + "encoded_passwords.py",
        '        return text if len(text.encode("utf-16-le")) == 2 * self.length else None\n',
        "        return text\n",
        PASSWORDS,
    ),
    Mutant(
        "two runs make the same fingerprints",
        "7",
        CLUSTER + "parity.py",
        "Seal(secrets.token_bytes(_KEY_SIZE)) if seal is None",
        "Seal(bytes(_KEY_SIZE)) if seal is None",
        PARITY,
    ),
    Mutant(
        "passwords of the metadata log stay in the image",
        "7",
        METADATA + "image_records.py",
        "            broker_configs={name: without_passwords(each) for name, each in of_brokers.items()},\n",
        "            broker_configs=of_brokers,\n",
        CANARIES,
    ),
    Mutant(
        "a password is kept instead of its fingerprint",
        "7",
        ZOOKEEPER + "passwords.py",
        "        return Password(seal.fingerprint(text), encrypted=True)\n",
        "        return Password(text, encrypted=True)\n",
        CANARIES,
    ),
    Mutant(
        "the keys of a SCRAM credential stay in the image",
        "7",
        METADATA + "security_znodes.py",
        "    return {each: _credential(each, settings[each], path) for each in MECHANISMS.values() if each in settings}\n",
        "    return {each: settings[each] for each in MECHANISMS.values() if each in settings}\n",
        CANARIES,
    ),
    Mutant(
        "an error quotes a credential",
        "7",
        METADATA + "security_znodes.py",
        '        raise ZnodeError(path, f"contains a {mechanism} credential that is not in Kafka\'s form") from None\n',
        '        raise ZnodeError(path, f"contains a {mechanism} credential that is not in Kafka\'s form: {text}") from None\n',
        CANARIES,
    ),
    Mutant(
        "a record is told as the last words of a tool",
        "7",
        KAFKA + "tools.py",
        "    if tool not in _SILENT:\n",
        "    if True:\n",
        one("module_utils/_kafka/test_tools", "test_what_a_dump_printed_is_never_told"),
    ),
    Mutant(
        "a record that a tool cannot decode is told",
        "7",
        CORE + "_metadata/metadata_records.py",
        "the record at offset {error['offset']}\")",
        'the record at {line}")',
        unit("module_utils/_core/_metadata/test_metadata_records"),
    ),
)
