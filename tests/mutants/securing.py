# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about secured clusters: a listener that is opened, a secret that is shown, a right that is lost."""

from __future__ import annotations

from tests.mutants.mutant import CORE, KAFKA, PLATFORM, Mutant, unit

SETTINGS, SOURCES, STATEFULSET = CORE + "_settings/", CORE + "_sources/", PLATFORM + "_statefulset/"


def _settings(name: str) -> tuple[str, ...]:
    return unit(f"module_utils/_core/_settings/test_{name}")


KINDS = unit("module_utils/_core/_sources/test_kinds")
OBJECTS = unit("module_utils/_core/_manifests/test_controllers")
PROVIDED = _settings("provided_security")
FILES = unit("module_utils/_platform/_statefulset/test_security_files")
SECURITY = unit("module_utils/_platform/_statefulset/test_security")
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
        "{**users, login.username: login.password}",
        "users",
        _settings("security"),
    ),
    Mutant(
        "controllers know the passwords of all users of the brokers",
        "7",
        SETTINGS + "controller_settings.py",
        "client_text(value) if key.startswith(login) and key.endswith(_JAAS) else value",
        "value",
        _settings("settings"),
    ),
    Mutant(
        "controllers have the keys of listeners that they do not know",
        "7",
        SETTINGS + "controller_settings.py",
        "    own_prefixes: tuple[str, ...] = (_TOKENS, ours)\n",
        '    own_prefixes: tuple[str, ...] = (_TOKENS, ours, "ssl.")\n',
        _settings("settings"),
    ),
    Mutant(
        "controllers keep the login at brokers that none of them uses any more",
        "7",
        SETTINGS + "controller_settings.py",
        "            return (migrating and _SERVER not in key) or key",
        "            return _SERVER not in key or key",
        _settings("settings"),
    ),
    Mutant(
        "controllers end at their start, since the mechanism between brokers is not enabled",
        "7",
        SETTINGS + "controller_settings.py",
        ' or key == f"{theirs}{_MECHANISMS}"\n',
        "\n",
        _settings("settings"),
    ),
    Mutant(
        "a value that a config provider fills in comes without the provider",
        "7",
        SETTINGS + "controller_settings.py",
        "        settings |= settings_of_providers(broker_effective)\n",
        "        pass\n",
        PROVIDED,
    ),
    Mutant(
        "a reference is a password to decrypt with",
        "7",
        CORE + "_metadata/passwords.py",
        "(each for each in named if not is_provided(each))",
        "(each for each in named)",
        unit("module_utils/_core/_metadata/test_passwords"),
    ),
    Mutant(
        "a reference is the name of a broker",
        "7",
        SETTINGS + "principals.py",
        "if login and not is_provided(login.username) else None",
        "if login else None",
        PROVIDED,
    ),
    Mutant(
        "a reference among the super users is somebody",
        "7",
        SETTINGS + "security_rules.py",
        "    if any(map(is_provided, have)):\n",
        "    if False:\n",
        PROVIDED,
    ),
    Mutant(
        "nobody asks for certificates where a reference may say so",
        "7",
        SETTINGS + "security.py",
        "(asks in _ASKED or is_provided(asks))",
        "asks in _ASKED",
        PROVIDED,
    ),
    Mutant(
        "a reference is compared with what a broker runs with",
        "7",
        SOURCES + "environment.py",
        "            and not is_provided(variable.value)\n",
        "",
        KINDS,
    ),
    Mutant(
        "the variables of a config provider stay with the brokers",
        "7",
        CORE + "_manifests/jvm_files.py",
        "    env = [*environment_of_settings, *(entry",
        "    env = [*(entry",
        unit("module_utils/_core/_manifests/test_controller_pod"),
    ),
    Mutant(
        "what renders a JAAS file stays with the brokers",
        "7",
        CORE + "_manifests/jvm_files.py",
        "        for item in makers:\n            self._take(item)\n",
        "",
        unit("module_utils/_core/_manifests/test_jvm_files"),
    ),
    Mutant(
        "controllers are made without a file that only the brokers' pods have",
        "7",
        STATEFULSET + "controller_files.py",
        "        if when is not None and when > since\n",
        "        if False\n",
        unit("module_utils/_platform/_statefulset/test_controller_files"),
    ),
    Mutant(
        "a file that a restarted broker will lack is there, since a running one has it",
        "7",
        STATEFULSET + "security.py",
        '    return Unknown(" and ".join(missing)) if missing else None\n',
        "    return None\n",
        FILES,
    ),
    Mutant(
        "a file that is in no mounted object is not looked for",
        "7",
        STATEFULSET + "security.py",
        "    return cluster.broker_file(path) if found is None else found\n",
        '    return Unknown("no object") if found is None else found\n',
        FILES,
    ),
    Mutant(
        "a JAAS file that could not be read is an empty one",
        "7",
        STATEFULSET + "security.py",
        "    return found if isinstance(found, Unknown) else found.decode",
        '    return "" if isinstance(found, Unknown) else found.decode',
        FILES,
    ),
    Mutant(
        "what Java fills into a JAAS file is a password by itself",
        "7",
        SETTINGS + "principals.py",
        'if not any("${" in value for value in login.options.values())]',
        "if login]",
        _settings("principals"),
    ),
    Mutant(
        "a JAAS file that a variable of Java names is overlooked",
        "7",
        KAFKA + "facts.py",
        "        return tuple(_in_force(self.jvm_options, self.env))\n",
        "        return tuple(self.jvm_options)\n",
        unit("module_utils/_kafka/test_facts"),
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
)
