#!/bin/sh
# The command that `exec` gives values to: it looks at them as a program would, and starts nothing that gets them.
value=$A
unset A B C P_A
echo "$value"
for file in $A_FILE $OTHER $DOCKER_CONFIG/config.json; do
  [ ! -f "$file" ] || while read -r line; do echo "$line"; done <"$file"
done
case $1 in
  # The first one changes a value and waits for its end; the second sees the other value.
  restart)
    read -r line <"${A_FILE:-/dev/null}"
    case ${value:-$line} in *-first) ;; *) exit 0 ;; esac
    vault set -q web A --stdin <"$IN/other"
    exec sleep 100
    ;;
  reload)
    trap 'read -r line <"$A_FILE"; echo "$line"; exit 0' HUP
    vault set -q web A --stdin <"$IN/other"
    while :; do sleep 0.05; done
    ;;
esac
