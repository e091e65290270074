#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fault.sh LAYOUT: one point each of the sweeps of dump and restore, by a criu that works: a dump that is killed while criu runs, and a restore that
# fails when criu has done its part. Run by in-vm. All points, by a criu that pretends, are fault/sweep.sh's on the machine itself.
criu check >/dev/null 2>&1 || { echo "SKIPPED vm-fault: criu does not work on this kernel"; exit 77; }
export LXCX_FAULT_FULL=1 LXCX_FAULT_PATIENCE=120
LXCX_FAULT_MODES=kill LXCX_FAULT_FIRST=150 LXCX_FAULT_LAST=150 bash "$(dirname "$0")/../fault/sweep.sh" checkpoint-stop || exit
LXCX_FAULT_MODES=5 LXCX_FAULT_FIRST=350 LXCX_FAULT_LAST=350 bash "$(dirname "$0")/../fault/sweep.sh" restore
