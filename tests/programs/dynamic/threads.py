"""Threads, queues, subprocesses, multiprocessing, asyncio, sockets, files, compression, databases, regular expressions, signals."""
import asyncio
import collections
import concurrent.futures
import contextlib
import ctypes
import decimal
import fractions
import gc
import gzip
import hashlib
import io
import json
import lzma
import multiprocessing
import os
import pathlib
import queue
import random
import re
import select
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import weakref
import zlib


def threads():
    work, results, lock = queue.Queue(), [], threading.Lock()

    def worker():
        while (item := work.get()) is not None:
            with lock:
                results.append(item * item)
    pool = [threading.Thread(target=worker) for _ in range(4)]
    for thread in pool:
        thread.start()
    for n in range(300):
        work.put(n)
    for _ in pool:
        work.put(None)
    for thread in pool:
        thread.join()
    barrier, event, local = threading.Barrier(3), threading.Event(), threading.local()
    seen = []

    def meet(n):
        local.value = n
        barrier.wait()
        event.wait()
        seen.append(local.value)
    pool = [threading.Thread(target=meet, args=(n,)) for n in range(3)]
    for thread in pool:
        thread.start()
    timer = threading.Timer(0.005, event.set)
    timer.start()
    for thread in pool:
        thread.join()
    print(sum(results), len(results), sorted(seen), threading.active_count() <= 2)
    with concurrent.futures.ThreadPoolExecutor(3) as executor:
        print(list(executor.map(lambda n: hashlib.sha256(b"%d" % n).hexdigest()[:8], range(5))))


def subprocesses():
    print(subprocess.run(["ls", "/etc/debian_version", "/none"], capture_output=True, text=True))
    cat = subprocess.Popen(["sh", "-c", "cat; echo error >&2; exit 3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(cat.communicate(b"x" * 200000)[0][-10:], cat.returncode)
    first = subprocess.Popen(["seq", "1", "1000"], stdout=subprocess.PIPE)
    print(subprocess.check_output(["tail", "-n", "2"], stdin=first.stdout), first.wait())
    sleeper = subprocess.Popen(["sleep", "100"], start_new_session=True)
    with contextlib.suppress(subprocess.TimeoutExpired):
        sleeper.wait(0.02)
    sleeper.terminate()
    print(sleeper.wait(), subprocess.getstatusoutput("exit 5"))
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    print(subprocess.run([sys.executable, "-c", "import sys; print(sys.argv, file=sys.stderr); sys.exit(9)", "a b"], capture_output=True).returncode)


def square(n):
    return n * n


def processes():
    with multiprocessing.Pool(2) as pool:
        print(pool.map(square, range(6)))
    ours, theirs = multiprocessing.Pipe()
    value = multiprocessing.Value("i", 5)
    child = multiprocessing.Process(target=lambda: (theirs.send("sent"), setattr(value, "value", 6)))
    child.start()
    print(ours.recv(), child.join(), child.exitcode, value.value)


async def talk():
    async def serve(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def client(n):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"client %d\n" % n)
        answer = await reader.readline()
        writer.close()
        return answer
    print(await asyncio.gather(*(client(n) for n in range(3)), asyncio.sleep(0.01, "slept")))
    process = await asyncio.create_subprocess_exec("echo", "from asyncio", stdout=asyncio.subprocess.PIPE)
    print((await process.communicate())[0], process.returncode)
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.sleep(10), 0.01)
    server.close()


def files():
    folder = pathlib.Path(tempfile.mkdtemp())
    for n in range(20):
        (folder / ("file%02d" % n)).write_text("text %d\n" % n * n)
    (folder / "sub").mkdir()
    shutil.copytree(folder, folder.with_suffix(".copy"))
    (folder / "link").symlink_to("file03")
    print(sorted(p.name for p in folder.glob("*[05]*")), (folder / "link").read_text().count("\n"), sum(p.stat().st_size for p in folder.iterdir() if p.is_file()))
    with tempfile.TemporaryFile() as file:
        file.write(b"temporary")
        file.seek(-4, os.SEEK_END)
        print(file.read())
    data = bytes(random.Random(5).randrange(64) for _ in range(50000))
    print(len(zlib.compress(data)), len(lzma.compress(data, preset=0)), gzip.decompress(gzip.compress(data)) == data, hex(zlib.crc32(data)))
    with sqlite3.connect(folder / "data.db") as database:
        database.execute("create table t (a integer primary key, b text)")
        database.executemany("insert into t (b) values (?)", [(str(n % 7),) for n in range(500)])
        print(database.execute("select b, count(*) from t group by b order by 2 desc, 1").fetchall()[:2])
    os.chdir(folder)
    shutil.rmtree(folder)
    shutil.rmtree(folder.with_suffix(".copy"))
    os.chdir("/")


def language():
    print(re.sub(r"(?P<y>\d{4})-(\d\d)", r"\2/\g<y>", "2026-11 1999-01"), decimal.Decimal(1) / 7, fractions.Fraction(3, 12), 2 ** 200 % 1000007)
    print(json.dumps({"b": [1.5, None, True], "a": "ä"}, sort_keys=True), struct.pack(">hIq", -2, 7, 1 << 40), f"{3.14159:>10.2f}|{255:#x}|{1e22!r}")
    print(collections.Counter("mississippi").most_common(2), sorted({3, 1, 2}, reverse=True), "größe".encode(), "%r" % float("nan"))
    try:
        def endless(n):
            return endless(n + 1)
        endless(0)
    except RecursionError as error:
        print(error)

    class Node:
        pass
    node = Node()
    node.self = node
    gone = weakref.ref(node)
    del node
    gc.collect()
    print(gone(), ctypes.CDLL(None).abs(-5), io.StringIO("a\nb").readlines(), time.strftime("%Y", time.gmtime(0)))
    left, right = socket.socketpair()
    left.send(b"pair")
    print(select.select([right], [], [], 1)[0] == [right], right.recv(10))
    signal.signal(signal.SIGALRM, lambda number, frame: print("alarm"))
    signal.setitimer(signal.ITIMER_REAL, 0.005)
    signal.pause()


if __name__ == "__main__":
    threads()
    subprocesses()
    multiprocessing.set_start_method("fork")
    processes()
    asyncio.run(talk())
    files()
    language()
    sys.exit(11)
