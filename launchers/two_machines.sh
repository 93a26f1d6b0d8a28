#!/bin/sh
# One run on two machines: start this on both, with the same words.
#
#   sh launchers/two_machines.sh alpha:12345,beta:12345 byte_mlm --config base
#
# The first machine is the chief: it writes the run folder and prints. Each
# finds itself in the list by its name; on machines that do not know their own
# names, add --worker-index 0 on the first and --worker-index 1 on the second.
# A worker that was stopped, or left alone by the other, ends with code 75 and
# is started again; the run goes on from its last checkpoint.
set -u
workers=$1 recipe=$2
shift 2
while :; do
    python -m recipes "$recipe" train \
        --strategy multiworker --workers "$workers" "$@"
    code=$?
    [ "$code" -eq 75 ] || exit "$code"
    sleep 5
done
