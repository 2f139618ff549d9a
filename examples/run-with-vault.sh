#!/bin/sh
# Starts a command with the values of the set `demo` in its environment:
#
#     examples/run-with-vault.sh                        greets you
#     examples/run-with-vault.sh python3 server.py      starts something of yours
#
# vault becomes the command, so signals, the exit status and the terminal are the command's own. The status is 125
# when the secrets could not be had; the command has not been started then.
set -eu

here=$(cd -- "$(dirname -- "$0")" && pwd)
[ $# -gt 0 ] || set -- sh -c 'echo "$GREETING"'
exec vault -C "$here" -i "$here/demo-identity.txt" exec demo --require GREETING -- "$@"
