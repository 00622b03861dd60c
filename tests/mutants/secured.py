# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about secrets, and about who is let in and whom we believe, where listeners have TLS and a login."""

from __future__ import annotations

from tests.mutants.mutant import CORE, KAFKA, KUBERNETES, RUNTIME, Mutant, unit

SETTINGS = unit("module_utils/_core/_settings/test_client_security")
PROPERTIES = unit("module_utils/_core/_settings/test_client_properties")
LOGINS = unit("module_utils/_core/_settings/test_listener_logins")
SECRET_NAMES = unit("module_utils/_core/_metadata/test_secret_names")
SCRAM = unit("module_utils/_core/_metadata/test_scram")
WIRE = unit("module_utils/_kafka/test_wire_secured")
STORES = unit("module_utils/_kafka/test_key_stores")
TOOLS = unit("module_utils/_kafka/test_tools")
PROTOCOL = unit("module_utils/_kafka/test_quorum_protocol")

SECURED = (
    Mutant(
        "a password is in the repr of a connection",
        "7",
        CORE + "_settings/client_security.py",
        '    username: str = ""\n    password: str = field(default="", repr=False)\n    ca:',
        '    username: str = ""\n    password: str = ""\n    ca:',
        SETTINGS,
    ),
    Mutant(
        "client settings are in the repr",
        "7",
        CORE + "_settings/client_properties.py",
        "    values: Mapping[str, str] = field(default_factory=dict, repr=False)\n",
        "    values: Mapping[str, str] = field(default_factory=dict)\n",
        PROPERTIES,
    ),
    Mutant(
        "a password of a JAAS text is in the repr",
        "7",
        CORE + "_settings/jaas.py",
        "    options: Mapping[str, str] = field(repr=False)\n",
        "    options: Mapping[str, str]\n",
        LOGINS,
    ),
    Mutant(
        "the passwords of all users go to a client",
        "7",
        CORE + "_settings/listener_logins.py",
        " if not key.startswith(USER)}",
        "}",
        LOGINS,
    ),
    Mutant(
        "a private key is shown",
        "7",
        CORE + "_metadata/secret_names.py",
        '|{LAST_WORD}$"',
        '"',
        SECRET_NAMES,
    ),
    Mutant(
        "a password that Kafka calls otherwise is shown",
        "7",
        CORE + "_metadata/secret_names.py",
        "    return is_secret(name) or _ENCRYPTED.search(name) is not None\n",
        "    return is_secret(name)\n",
        SECRET_NAMES,
    ),
    Mutant(
        "client settings that everybody may read",
        "7",
        KAFKA + "tools.py",
        "  umask 077\n",
        "  umask 022\n",
        TOOLS,
    ),
    Mutant(
        "client settings stay in the pod",
        "7",
        KAFKA + "tools.py",
        "  trap 'rm -rf \"$folder\"' EXIT\n",
        "",
        TOOLS,
    ),
    Mutant(
        "a tool's last words are shown as they are",
        "7",
        KAFKA + "tools.py",
        "        words = _why(tool, properties.hide(output), properties.hide(result.stderr))\n",
        "        words = _why(tool, output, result.stderr)\n",
        TOOLS,
    ),
    Mutant(
        "a tool that takes too long shows what it printed",
        "7",
        KAFKA + "tools.py",
        "    quote = not properties and tool not in _SILENT\n",
        "    quote = tool not in _SILENT\n",
        TOOLS,
    ),
    Mutant(
        "a dump that takes too long shows a record",
        "7",
        KAFKA + "tools.py",
        "    quote = not properties and tool not in _SILENT\n",
        "    quote = not properties\n",
        TOOLS,
    ),
    Mutant(
        "a command that takes too long shows what it printed, whatever that is",
        "7",
        KUBERNETES + "exec.py",
        """{tail or 'none'}" if quote else ""\n""",
        """{tail or 'none'}"\n""",
        unit("module_utils/_kubernetes/test_exec"),
    ),
    Mutant(
        "settings that are read too slowly are shown",
        "7",
        KAFKA + "facts.py",
        '["sh", "-c", SCRIPT], container=container)',
        '["sh", "-c", SCRIPT], container=container, quote=True)',
        unit("module_utils/_kafka/test_facts"),
    ),
    Mutant(
        "a key that is read too slowly is shown",
        "7",
        KAFKA + "pod_files.py",
        "container=container, timeout=TIMEOUT)\n    chunks",
        "container=container, timeout=TIMEOUT, quote=True)\n    chunks",
        STORES,
    ),
    Mutant(
        "of several keys in a store the first is taken for the one that Java shows",
        "7",
        RUNTIME + "tls_stores.py",
        "    if len(chains) != 1:\n",
        "    if not chains:\n",
        unit("module_utils/_runtime/test_tls_stores"),
    ),
    Mutant(
        "authorities that nobody trusts count",
        "7",
        CORE + "_settings/java_store.py",
        "(chain[0] for chain in self.chains if chain)",
        "(each for chain in self.chains for each in chain)",
        unit("module_utils/_core/_settings/test_java_store"),
    ),
    Mutant(
        "any name will do",
        "6",
        KAFKA + "tls.py",
        "        if security.check_names:\n",
        "        if False:\n",
        WIRE,
    ),
    Mutant(
        "no name will do",
        "6",
        KAFKA + "tls.py",
        "    if is_named(certificate, security.names):\n",
        "    if all(is_named(certificate, [name]) for name in security.names):\n",
        WIRE,
    ),
    Mutant(
        "names are not checked unless the settings ask for it",
        "6",
        CORE + "_settings/client_security.py",
        '"ssl.endpoint.identification.algorithm", "https"',
        '"ssl.endpoint.identification.algorithm", ""',
        SETTINGS,
    ),
    Mutant(
        "a server that does not know the password is believed",
        "6",
        CORE + "_metadata/scram.py",
        "        if not hmac.compare_digest(",
        "        if False and not hmac.compare_digest(",
        SCRAM,
    ),
    Mutant(
        "a controller that lets nobody in does not lead",
        "4",
        KAFKA + "quorum.py",
        '        why = "" if said.followers and not said.codes else',
        '        why = "" if said.followers else',
        PROTOCOL,
    ),
)
