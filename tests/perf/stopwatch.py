# SPDX-License-Identifier: Apache-2.0
"""Runs commands, in turn, and notes how long each took."""
import collections
import contextlib
import ctypes
import os
import statistics
import subprocess
import time


class Failed(Exception):
    """A command that was to be measured did not succeed."""


def enter_mounts(namespace):
    if ctypes.CDLL(None, use_errno=True).setns(namespace, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def mounts_of(command):
    """What is spawned inside runs in the command's mount namespace."""
    namespace = getattr(command, "mounts", None)
    if namespace is None:
        yield
        return
    own = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    enter_mounts(namespace)
    try:
        yield
    finally:
        enter_mounts(own)
        os.close(own)


class Stopwatch:
    def __init__(self, pairs, warm_up, settle_ms, scratch):
        self.pairs, self.warm_up, self.settle_s = pairs, warm_up, settle_ms / 1000
        self.output = os.open(scratch / "output", os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC)
        self.null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)

    def once(self, command):
        """Milliseconds from the spawn to the end of the command itself; what it leaves in the background is not waited for."""
        os.ftruncate(self.output, 0)
        streams = [(os.POSIX_SPAWN_DUP2, self.null, 0), (os.POSIX_SPAWN_DUP2, self.null, 1), (os.POSIX_SPAWN_DUP2, self.output, 2)]
        with mounts_of(command):
            before = time.perf_counter_ns()
            child = os.posix_spawnp(command[0], command, os.environ, file_actions=streams, setsid=True)
            status = os.waitpid(child, 0)[1]
            took = (time.perf_counter_ns() - before) / 1e6
        if status != 0:
            said = os.pread(self.output, 4096, 0).decode(errors="replace").strip()
            raise Failed(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}: {said}")
        return took

    def in_turn(self, contestants):
        """`contestants`: kind -> list of (measure or None, list of commands). Returns measure -> kind -> milliseconds of each round."""
        times = collections.defaultdict(lambda: collections.defaultdict(list))
        for turn in range(self.warm_up + self.pairs):
            for kind, phases in contestants.items():
                for measure, commands in phases:
                    time.sleep(self.settle_s)
                    took = sum(self.once(command) for command in commands)
                    if measure and turn >= self.warm_up:
                        times[measure][kind].append(took)
        return times


def try_quietly(command):
    with mounts_of(command):
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True)


def ratio(ours, theirs):
    """The median of what each pair's two times say: a machine that slows down for a while slows both."""
    return statistics.median(a / b for a, b in zip(ours, theirs))
