"""Becomes a program that dies with its parent; also a function for our own.

Run as a script, with the standard library alone: `follow.py PARENT SIGNAL UID GID
COMMAND…`, UID and GID -1 for no change. A script and not code between fork and exec,
which is unsafe where the parent has threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, death_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send `death_signal` to this process when `parent` dies.

    `parent` is its pid as the parent knew it: one that died before the call is
    noticed too. Does nothing but on Linux.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), death_signal)


def main(arguments: list[str]) -> None:
    """Change the user where asked, tie this process to its parent, run the command."""
    parent, death_signal, uid, gid = map(int, arguments[:4])
    command = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user, which clears what this sets.
    die_with_parent(parent, signal.Signals(death_signal))
    os.execv(command[0], command)  # noqa: S606 - the command is our own


if __name__ == "__main__":
    main(sys.argv[1:])
