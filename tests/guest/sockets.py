"""What Python's library does with sockets: run natively and, with --root /, under execscope; the output is the same."""
import asyncio
import http.server
import multiprocessing
import os
import socket
import socketserver
import tempfile
import threading
import urllib.request
from multiprocessing.connection import Client, Listener


class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())


class UpperServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("asked for %s\n" % self.path).encode() * 1000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def pairs():
    a, b = socket.socketpair()
    a.sendall(b"hello")
    print(b.recv(10))
    reader, writer = os.pipe()
    socket.send_fds(a, [b"descriptor"], [reader])
    message, fds, flags, _ = socket.recv_fds(b, 20, 4)
    os.write(writer, b"through it")
    print(message, len(fds), flags, os.read(fds[0], 20))
    a.settimeout(0.05)
    try:
        a.recv(1)
    except TimeoutError as error:
        print(error)


def serve(server, body):
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    body(server)
    server.shutdown()
    thread.join()
    server.server_close()


def askUpper(server):
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(server.server_address)
            client.sendall(b"abc\nxyz\n")
            client.shutdown(socket.SHUT_WR)
            print(client.makefile().read())


def askPage(server):
    for n in range(3):
        with urllib.request.urlopen("http://127.0.0.1:%d/%d" % (server.server_port, n)) as page:
            body = page.read()
            print(len(body), body[:20])


async def backwards():
    async def answer(reader, writer):
        writer.write((await reader.readline())[::-1])
        await writer.drain()
        writer.close()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    writer.write(b"olleh\n")
    print(await reader.read())
    writer.close()
    server.close()
    await server.wait_closed()


def child(connection):
    connection.send([connection.recv(), "answered"])
    connection.close()


def processes():
    for method in ("fork", "spawn"):
        context = multiprocessing.get_context(method)
        ours, theirs = context.Pipe()
        process = context.Process(target=child, args=(theirs,))
        process.start()
        theirs.close()
        ours.send("asked")
        print(method, ours.recv())
        process.join()
        print(process.exitcode)


def listener():
    with Listener(("127.0.0.1", 0), authkey=b"key") as server:
        def send():
            with Client(server.address, authkey=b"key") as client:
                client.send({"a": [1, 2]})
        thread = threading.Thread(target=send)
        thread.start()
        with server.accept() as connection:
            print(connection.recv())
        thread.join()


def main():
    pairs()
    with tempfile.TemporaryDirectory() as folder:
        with UpperServer(folder + "/upper", Upper) as server:
            serve(server, askUpper)
    serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page), askPage)
    asyncio.run(backwards())
    processes()
    listener()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.sendto(b"to itself", udp.getsockname())
        print(udp.recv(20))


if __name__ == "__main__":
    main()
