"""enter_root.py ROOT CWD PROGRAM [ARGS]: executes PROGRAM natively in the directory ROOT with the guest's default world.

Runs inside a private mount namespace (unshare -m). Address randomisation is off, as in execscope.
"""
import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys

ADDR_NO_RANDOMIZE = 0x0040000   # personality(2)

root, cwd, program = sys.argv[1:4]
for name in ("proc", "dev"):
    subprocess.run(["mount", "--rbind", "/" + name, os.path.join(root, name)], check=True)
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", os.path.join(root, "dev/shm")], check=True)   # not shared with another test
socket.sethostname("execscope")
os.umask(0o022)
hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
resource.setrlimit(resource.RLIMIT_STACK, (8 << 20, hard))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)
for ignored in (signal.SIGPIPE, signal.SIGXFSZ):     # by Python
    signal.signal(ignored, signal.SIG_DFL)
for fd in range(3, 256):
    try:
        os.close(fd)
    except OSError:
        pass
os.chroot(root)
os.chdir(cwd)
os.execve(program, sys.argv[3:], {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/",
                                  "TERM": "linux"})
