#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fault.sh LAYOUT: a few points of the sweeps of dump and restore, by a criu that works. Run by in-vm; all points, by one that pretends, are the host's.
criu check >/dev/null 2>&1 || { echo "SKIPPED vm-fault: criu does not work on this kernel"; exit 77; }
export LXCX_FAULT_PATIENCE=120 LXCX_FAULT_POINTS=2 LXCX_FAULT_TAIL=0
LXCX_FAULT_MODES=kill LXCX_FAULT_FIRST=150 LXCX_FAULT_LAST=200 bash "$(dirname "$0")/../fault/sweep.sh" checkpoint-stop || exit
LXCX_FAULT_MODES=5 LXCX_FAULT_FIRST=280 LXCX_FAULT_LAST=420 bash "$(dirname "$0")/../fault/sweep.sh" restore
