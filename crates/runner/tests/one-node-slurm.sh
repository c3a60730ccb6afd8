#!/usr/bin/env bash
# Starts a real Slurm (munged, slurmctld, slurmd) of one node on this machine's loopback, for tests, or stops it.
#
#   one-node-slurm.sh start DIR    installs slurm-wlm and munge where they are missing (Debian, as root)
#   one-node-slurm.sh stop DIR
#
# Everything it writes is in DIR, and its ports are not Slurm's: another Slurm on this machine is not touched. With SLURM_CONF set to
# DIR/slurm.conf, sbatch, squeue and scontrol work as they do on a cluster. MaxArraySize is small, so that arrays are split.
# Exit code 3: it cannot be installed here.
set -euo pipefail

start() {
    local dir=$1 host
    host=$(hostname -s)
    if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
        [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "slurm-wlm and munge are missing, and only root can install them" >&2; exit 3; }
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge; } >&2 || exit 3
    fi
    [ "$(id -u)" = 0 ] || { echo "slurmd runs as root alone" >&2; exit 3; }
    mkdir -p "$dir"/{state,spool,log,munge}
    chmod 755 "$dir" "$dir/munge"
    dd if=/dev/urandom of="$dir/munge/key" bs=128 count=1 status=none
    chmod 600 "$dir/munge/key"
    chown -R munge:munge "$dir/munge"
    cat >"$dir/slurm.conf" <<CONF
ClusterName=vdstest
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
MaxArraySize=8
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
    # The folders above DIR may be closed to the user munge.
    munged --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
        --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed" >&2 ||
        su -s /bin/sh munge -c "munged --force --key-file='$dir/munge/key' --socket='$dir/munge/socket' --pid-file='$dir/munge/pid' \
            --log-file='$dir/munge/log' --seed-file='$dir/munge/seed'" >&2
    export SLURM_CONF=$dir/slurm.conf
    slurmctld -f "$SLURM_CONF" && slurmd -f "$SLURM_CONF"
    for _ in $(seq 30); do
        sinfo -h -o %T 2>/dev/null | grep -q idle && return
        sleep 1
    done
    echo "slurm did not become idle; logs are in $dir/log" >&2
    tail -n 5 "$dir"/log/* >&2
    exit 1
}

stop() {
    local dir=$1 pid
    for pid in "$dir"/slurmd.pid "$dir"/slurmctld.pid "$dir"/munge/pid; do
        if [ -f "$pid" ]; then kill "$(cat "$pid")" 2>/dev/null || true; fi
    done
}

case ${1:-} in
    start | stop) "$1" "$2" ;;
    *) sed -n '2,10p' "$0" >&2; exit 2 ;;
esac
