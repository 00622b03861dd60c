# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about secured clusters: a listener that is opened, a secret that is shown, a right that is lost."""

from __future__ import annotations

from tests.mutants.mutant import CLUSTER, CORE, MIGRATION, PLATFORM, PREFLIGHT, Mutant, unit

SETTINGS, SOURCES, STATEFULSET = CORE + "_settings/", CORE + "_sources/", PLATFORM + "_statefulset/"


def _settings(name: str) -> tuple[str, ...]:
    return unit(f"module_utils/_core/_settings/test_{name}")


KINDS = unit("module_utils/_core/_sources/test_kinds")
OBJECTS = unit("module_utils/_core/_manifests/test_controllers")
IN_FORCE = unit("module_utils/_platform/_statefulset/test_security_in_force")
SECURITY = unit("module_utils/_platform/_statefulset/test_security")
CHECKS = unit("module_utils/_platform/_statefulset/test_security_checks")
PARITY = unit("module_utils/_cluster/test_parity")
ENFORCEMENT = unit("module_utils/_platform/_statefulset/test_enforcement")

SECURING = (
    Mutant(
        "controllers log in by SCRAM, which they do not have yet",
        "7",
        SETTINGS + "security.py",
        '    if own.startswith("SASL_") and mechanism != PLAIN and wanted.credentials is None:\n',
        "    if False:\n",
        _settings("security"),
    ),
    Mutant(
        "a login that rotated on the way locks out the next broker",
        "7",
        STATEFULSET + "security.py",
        "there or wanted(cluster)",
        "wanted(cluster)",
        IN_FORCE,
    ),
    Mutant(
        "controllers that get their flag back reach ZooKeeper without its security",
        "2",
        STATEFULSET + "controllers.py",
        'before={} if stage == "final" or value_of(effective, CONNECT) else originals.before(cluster)',
        "before={}",
        unit("module_utils/_platform/_statefulset/test_secured_stages"),
    ),
    Mutant(
        "every client of the brokers may log in at the controllers",
        "7",
        SETTINGS + "security.py",
        "{login.username: login.password}),",
        '{login.username: login.password, "admin": "x"}),',
        _settings("security"),
    ),
    Mutant(
        "what only the JVM can fill in is taken by its letters for a password",
        "7",
        SETTINGS + "principals.py",
        "if not any(_PROPERTY in value for value in each.options.values())",
        "if True",
        _settings("security"),
    ),
    Mutant(
        "a login that nobody could read is replaced without a word",
        "7",
        STATEFULSET + "security.py",
        '        if _UNKNOWN not in cluster.params["accept"]:\n',
        "        if False:\n",
        IN_FORCE,
    ),
    Mutant(
        "TLS instead of a login asks for no certificate",
        "7",
        SETTINGS + "security.py",
        '        found[f"{target}ssl.client.auth"] = "required"\n',
        "        pass\n",
        _settings("security"),
    ),
    Mutant(
        "keys that are not there are not missed",
        "7",
        SETTINGS + "security.py",
        "        if not any(of_listener(known, listener, key) for key in keys):\n",
        "        if False:\n",
        _settings("security"),
    ),
    Mutant(
        "nobody can log in at the controllers",
        "7",
        SETTINGS + "security.py",
        "login.password, {login.username: login.password}),",
        "login.password),",
        _settings("security"),
    ),
    Mutant(
        "anybody becomes a super user",
        "7",
        STATEFULSET + "security.py",
        " if name and name != principals.ANONYMOUS]",
        " if name]",
        SECURITY,
    ),
    Mutant(
        "super users of the brokers are lost",
        "7",
        SETTINGS + "principals.py",
        '    return ";".join([*have, *missing]) if missing',
        '    return ";".join(missing) if missing',
        _settings("principals"),
    ),
    Mutant(
        "whoever logs in at the controllers has no rights there before the copy",
        "7",
        STATEFULSET + "security.py",
        "for name in (own, security.principal) if name and",
        "for name in () if name and",
        SECURITY,
    ),
    Mutant(
        "a password of the controllers is in a ConfigMap",
        "7",
        CORE + "_manifests/controller_spec.py",
        "        return any(is_secret(key) for key in self.settings or {})\n",
        "        return False\n",
        OBJECTS,
    ),
    Mutant(
        "a password that a stage adds is in a ConfigMap",
        "7",
        SOURCES + "file.py",
        "        as_secret = bool(adds_secrets(changes))\n",
        "        as_secret = False\n",
        KINDS,
    ),
    Mutant(
        "a password that a stage adds is in the pod template",
        "7",
        SOURCES + "environment.py",
        "        secret = set(adds_secrets(changes))\n",
        "        secret: set[str] = set()\n",
        KINDS,
    ),
    Mutant(
        "a password is an argument of the start command",
        "7",
        SOURCES + "overrides.py",
        "        secret = adds_secrets(changes)\n        if secret:\n",
        "        secret = adds_secrets(changes)\n        if False:\n",
        KINDS,
    ),
    Mutant(
        "a secret of an earlier stage is lost in the next one",
        "7",
        SOURCES + "environment.py",
        "        texts = self._kept_secrets(target, changes) | {",
        "        texts = {",
        KINDS,
    ),
    Mutant(
        "the flag is looked for in ConfigMaps only",
        "2",
        STATEFULSET + "controllers.py",
        'SECRET if kind == "Secret" else CONFIG_MAP, name',
        "CONFIG_MAP, name",
        SECURITY,
    ),
    Mutant(
        "others may let the controllers' template name another Secret",
        "2",
        STATEFULSET + "lock_rules.py",
        ' + "/" + v.?secret.?secretName.orValue(""))',
        ")",
        ENFORCEMENT,
    ),
    Mutant(
        "Secrets of the controllers outlive a rollback",
        "back",
        STATEFULSET + "driver_parts.py",
        "        secrets = controllers.secret_names(cluster)\n",
        "        secrets: list[str] = []\n",
        SECURITY,
    ),
    Mutant(
        "an expired certificate is good enough",
        "7",
        SETTINGS + "certificates.py",
        "    if certificate.ends <= now:\n",
        "    if False:\n",
        _settings("certificates"),
    ),
    Mutant(
        "a dynamic login that stops working is no finding",
        "7",
        SETTINGS + "security_rules.py",
        "        if _JAAS.match(key)\n",
        "        if False\n",
        _settings("security_rules"),
    ),
    Mutant(
        "encrypted settings that nobody can read are copied",
        "7",
        SETTINGS + "security_rules.py",
        "    if not value_of(effective, _ENCODER):\n",
        "    if False:\n",
        _settings("security_rules"),
    ),
    Mutant(
        "an ACL that stops the copy is only something that could not be read",
        "7",
        MIGRATION + "preflight.py",
        "read_acls(cluster.zookeeper, any_principal=True)",
        "read_acls(cluster.zookeeper)",
        PREFLIGHT,
    ),
    Mutant(
        "a secret that does not decrypt is not missed",
        "7",
        CLUSTER + "parity.py",
        "read(value).why == passwords.WRONG_SECRET",
        "False",
        PARITY,
    ),
    Mutant(
        "settings that the secret does not decrypt are copied",
        "7",
        SETTINGS + "security_rules.py",
        "        if (broker, key) in undecrypted\n",
        "        if False\n",
        _settings("security_rules"),
    ),
    Mutant(
        "a super user of some brokers is none of the controllers'",
        "7",
        SETTINGS + "security_rules.py",
        "        if without:\n",
        "        if False:\n",
        _settings("security_rules"),
    ),
    Mutant(
        "a store that no restart would find is not missed",
        "7",
        STATEFULSET + "security_checks.py",
        "            gone.setdefault(read.why, []).append(path)\n",
        "            pass\n",
        CHECKS,
    ),
    Mutant(
        "a JAAS file that ends the next broker is not read",
        "7",
        STATEFULSET + "security_checks.py",
        "    except JaasError as error:\n",
        "    except JaasError as error:\n        return []\n",
        CHECKS,
    ),
    Mutant(
        "a Secret that may not be read is not there",
        "7",
        STATEFULSET + "security.py",
        "            return Denied(error.message)\n",
        "            return Unknown(error.message)\n",
        SECURITY,
    ),
)
