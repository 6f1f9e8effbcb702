"""A notify socket as PID 1 has it: prints each datagram with the credentials of its sender, one JSON object a line.

receiver.py PATH [--hold]    PATH may begin with @ (abstract); --hold keeps barriers open, as a listener that hangs would
"""

import array
import json
import os
import socket
import struct
import sys

path = sys.argv[1]
hold = "--hold" in sys.argv
held = []
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.bind("\0" + path[1:] if path.startswith("@") else path)
if not path.startswith("@"):
    os.chmod(path, 0o666)
print(json.dumps({"listening": path}), flush=True)
while True:
    data, ancillary, _, _ = listener.recvmsg(65536, 4096)
    sender = {}
    for level, kind, value in ancillary:
        if kind == socket.SCM_CREDENTIALS:
            pid, uid, _ = struct.unpack("3i", value[:12])
            sender = {"pid": pid, "uid": uid}
        if kind == socket.SCM_RIGHTS:
            files = array.array("i")
            files.frombytes(value[: len(value) - len(value) % files.itemsize])
            for file in files:
                held.append(file) if hold else os.close(file)
    print(json.dumps({"text": data.decode(), **sender}), flush=True)
