# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shell script that looks at the Kafka process of a pod, from inside its container.

POSIX sh with grep, sed, tr, ls, cat, readlink and stat, as GNU or busybox have them; Kafka's own start scripts
need more than that. It starts no JVM, writes nothing, and prints sections: a line ``@@kraft <name> <argument>``, then
the content. NUL bytes between arguments become line ends, line ends inside an argument become the byte 1.
"""

from __future__ import annotations

MARK = "@@kraft"
"""Starts the line that heads a section."""

NEWLINE = "\x01"
"""Stands for a line end inside an argument or a variable."""

TOOLS = (
    "kafka-server-start",
    "kafka-storage",
    "kafka-metadata-quorum",
    "kafka-features",
    "kafka-dump-log",
    "kafka-topics",
    "kafka-configs",
    "kafka-leader-election",
    "kafka-verifiable-producer",
    "kafka-console-consumer",
)
"""Looked for with and without ``.sh``: Confluent's packages have no suffix."""

MAIN_CLASSES = ("kafka.Kafka", "io.confluent.support.metrics.SupportedKafka")

SCRIPT = r"""
say() { printf '\n@@kraft %s\n' "$1${2:+ $2}"; }
# Of small files only: the shell reads them byte by byte, but starts no process for it.
show() { while IFS= read -r line || [ -n "$line" ]; do printf '%s\n' "$line"; done < "$1"; }
lines() { tr '\0\n' '\n\001' 2>/dev/null < "$1"; }
nl='
'
tab=$(printf '\t')
main='kafka\.Kafka|io\.confluent\.support\.metrics\.SupportedKafka'
# A pod may have little CPU, and each process that is started in it costs some of that: what the shell can do, it does.
pid=
for file in $(grep -lsE "$main" /proc/[0-9]*/cmdline); do
  argv=$(lines "$file")
  case $nl$argv$nl in
    *"${nl}kafka.Kafka$nl"*|*"${nl}io.confluent.support.metrics.SupportedKafka$nl"*)
      pid=${file#/proc/}; pid=${pid%/cmdline}; break ;;
  esac
done
[ -n "$pid" ] || { say none; exit 0; }
set -f
# From here on words end at line ends alone.
IFS=$nl
proc=/proc/$pid
say pid "$pid"
say argv; printf '%s\n' "$argv"
environ=$(lines $proc/environ |
  grep -E '^(KAFKA_|CONFLUENT_|BITNAMI_|CLUSTER_ID=|JAVA_TOOL_|JDK_JAVA_|_JAVA_|JMX_|CLASSPATH=|PATH=)')
say environ; printf '%s\n' "$environ"
set +f
channels=0
for task in $proc/task/*; do
  # A thread's name is cut to 15 characters, or its middle is: what begins so are the channels to the controller.
  name=
  { read -r name < "$task/comm"; } 2>/dev/null
  case $name in
    zk-brok..anager) channels=$((channels + 1)) ;;
    zk-broker-[0-9]*)
      rest=${name#zk-broker-}
      case ${rest#"${rest%%[!0-9]*}"} in -t*) channels=$((channels + 1)) ;; esac ;;
  esac
done
set -f
printf '\n@@kraft owner '; stat -c '%u %g' $proc 2>/dev/null
say channels "$channels"
exe=$(readlink $proc/exe)
config=
word=
for next in $argv; do
  case $word in kafka.Kafka|io.confluent.support.metrics.SupportedKafka) config=$next; break ;; esac
  word=$next
done
case $config in
  ''|--*) config= ;;
  /*) ;;
  *) config=$(readlink $proc/cwd)/$config ;;
esac
if [ -n "$config" ]; then
  say config "$config"; cat "$config"
  # what Kafka's own providers may take from the environment
  provided=$(grep -oE '\$\{[^:{}]+:[A-Za-z_][A-Za-z0-9_]*\}' "$config")
  if [ -n "$provided" ]; then
    say provided
    for item in $provided; do
      name=${item#*:}
      lines $proc/environ | grep "^${name%\}}="
    done
  fi
fi
open=$(ls -l $proc/fd 2>/dev/null | sed -nE '/\/kafka_[0-9.]+-[^/]*\.jar$|\/\.lock$/s/.* -> //p')
say open; printf '%s\n' "$open"
libs=
for jar in $open; do
  case $jar in *.jar) libs=${jar%/*} ;; esac
done
if [ -z "$libs" ]; then
  entries=$(printf '%s\n%s\n' "$argv" "$environ" | sed -nE '/^(-cp|-classpath|--class-path)$/{n;p;};s/^CLASSPATH=//p')
  IFS=:$nl
  for entry in $entries; do
    case $entry in
      */kafka_*.jar) libs=${entry%/*} ;;
      */\*) set +f; for jar in "${entry%/*}"/kafka_*.jar; do [ -e "$jar" ] && libs=${entry%/*}; done; set -f ;;
    esac
  done
  IFS=$nl
fi
say libs "$libs"
set +f
[ -n "$libs" ] && for jar in "$libs"/kafka_*.jar; do [ -e "$jar" ] && printf '%s\n' "${jar##*/}"; done
set -f
tools() {
  for folder do
    for tool in @TOOLS@; do
      for name in "$tool.sh" "$tool"; do
        [ -x "$folder/$name" ] && printf '%s %s\n' "$tool" "$folder/$name"
      done
    done
  done
}
say tools
tools "${libs%/*}/bin" /opt/kafka/bin /opt/bitnami/kafka/bin /usr/bin
IFS=:; tools $PATH; IFS=$nl
seen=$nl
log_dir() {
  dir=$1
  while :; do
    case $dir in
      ' '*|"$tab"*) dir=${dir#?} ;;
      *' '|*"$tab") dir=${dir%?} ;;
      *) break ;;
    esac
  done
  [ -n "$dir" ] || return 0
  case $seen in *"$nl$dir$nl"*) return 0 ;; esac
  seen=$seen$dir$nl
  say log-dir "$dir"; (cd "$proc/cwd" 2>/dev/null; cd "$dir" 2>/dev/null && pwd -P)
  [ -r "$dir/meta.properties" ] && { say meta "$dir"; show "$dir/meta.properties"; }
  [ -d "$dir/__cluster_metadata-0" ] && say metadata-log "$dir/__cluster_metadata-0"
  state=$dir/__cluster_metadata-0/quorum-state
  [ -r "$state" ] && { say quorum-state "$dir"; show "$state"; }
}
dirs=$(printf '%s\n' "$argv" |
  sed -nE 's/^[[:space:]]*(log\.dirs?|metadata\.log\.dir)[[:space:]]*[=:][[:space:]]*//p' - ${config:+"$config"})
for path in $open; do
  case $path in */.lock) log_dir "${path%/.lock}" ;; esac
done
IFS=,$nl
for path in $dirs; do log_dir "$path"; done
IFS=$nl
for file in "${exe%/bin/java}/conf/security/java.security" "${exe%/bin/java}/lib/security/java.security"; do
  [ -r "$file" ] && { say security "$file"; grep -E '^[[:space:]]*networkaddress\.cache' "$file"; break; }
done
case $argv$nl$environ in
  *-Djava.security.properties=*)
    printf '%s\n%s\n' "$argv" "$environ" | tr ' ' '\n' |
      sed -nE 's/^(.*=)?-Djava\.security\.properties==?(file:)?//p' | while read -r file; do
      [ -r "$file" ] && { say security-extra "$file"; grep -E '^[[:space:]]*networkaddress\.cache' "$file"; }
    done ;;
esac
say end
""".replace("@TOOLS@", " ".join(TOOLS))
