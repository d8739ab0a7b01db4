"""Our HTTP server under clients that we did not write: curl, openssl s_client, Python's http.client.

usage: test.py PATH_OF_net_interop_server
"""

import base64
import concurrent.futures
import hashlib
import http.client
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest

SERVER = None
DIRECTORY = None
CLEAR = 0
TLS = 0


def curl(*args, data=None):
    command = ["curl", "-sS", "--max-time", "30", *args]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode()


def path(name):
    return os.path.join(DIRECTORY, name)


def tls_url(rest):
    return f"https://127.0.0.1:{TLS}{rest}"


def clear_url(rest):
    return f"http://127.0.0.1:{CLEAR}{rest}"


CA = lambda: ("--cacert", path("ca.pem"))


class Curl(unittest.TestCase):
    def test_versions(self):
        for flags, url, want in (
            (("--http1.1",), clear_url("/version"), b"11"),
            (("--http1.0",), clear_url("/version"), b"10"),
            (("--http2-prior-knowledge",), clear_url("/version"), b"20"),
            (("--http2", *CA()), tls_url("/version"), b"20"),
            (("--http1.1", *CA()), tls_url("/version"), b"11"),
            (("--tls-max", "1.2", *CA()), tls_url("/version"), b"20"),
        ):
            self.assertEqual(curl(*flags, url)[:2], (0, want), (flags, url))

    def test_bodies_both_ways(self):
        body = os.urandom(1_500_000)
        for flags, url in (
            (("--http1.1",), clear_url("/echo")),
            (("--http1.1", "-H", "Transfer-Encoding: chunked"), clear_url("/echo")),
            (("--http1.1", "-H", "Expect: 100-continue"), clear_url("/echo")),
            (("--http2-prior-knowledge",), clear_url("/echo")),
            (CA(), tls_url("/echo")),
            (("--http1.1", *CA()), tls_url("/echo")),
        ):
            code, out, err = curl(*flags, "--data-binary", "@-", url, data=body)
            self.assertEqual(code, 0, err)
            self.assertEqual(hashlib.sha256(out).digest(), hashlib.sha256(body).digest(), (flags, url))

    def test_long_responses(self):
        for flags, url in ((("--http1.1",), clear_url("/big?30000000")), (CA(), tls_url("/big?30000000"))):
            code, out, err = curl(*flags, url)
            self.assertEqual((code, len(out)), (0, 30_000_000), err)

    def test_many_on_one_connection(self):
        urls = [tls_url("/version")] * 200
        code, out, err = curl(*CA(), "--parallel", "--parallel-max", "100", *urls)
        self.assertEqual((code, out), (0, b"20" * 200), err)

    def test_certificates(self):
        client = ("--cert", path("client.pem"), "--key", path("client.key"))
        self.assertEqual(curl(*CA(), *client, tls_url("/who"))[1], b"alice")
        self.assertEqual(curl(*CA(), tls_url("/who"))[1], b"nobody")
        self.assertNotEqual(curl(tls_url("/who"))[0], 0)  # the system does not trust our CA
        self.assertEqual(curl("-k", tls_url("/who"))[1], b"nobody")

    def test_disconnect_cancels(self):
        for flags, url in ((("--http1.1",), clear_url("/hang")), (CA(), tls_url("/hang"))):
            subprocess.run(["curl", "-sS", "--max-time", "0.3", *flags, url], capture_output=True)
        for _ in range(50):
            if curl(clear_url("/running"))[1] == b"0":
                return
            time.sleep(0.1)
        self.fail("a handler outlived its client")


class Openssl(unittest.TestCase):
    def s_client(self, *args):
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{TLS}", "-CAfile", path("ca.pem"), *args]
        done = subprocess.run(command, input=b"", capture_output=True, timeout=30)
        return (done.stdout + done.stderr).decode(errors="replace")

    def test_handshakes(self):
        self.assertIn("Verify return code: 0 (ok)", self.s_client("-servername", "localhost"))
        self.assertIn("ALPN protocol: h2", self.s_client("-alpn", "h2,http/1.1"))
        self.assertIn("ALPN protocol: http/1.1", self.s_client("-alpn", "http/1.1"))
        self.assertIn("No ALPN negotiated", self.s_client("-alpn", "spdy/1"))
        self.assertIn("TLSv1.2", self.s_client("-tls1_2"))
        self.assertNotIn("Cipher is TLS", self.s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"))
        self.assertIn("Reused", self.s_client("-reconnect", "-tls1_2"))


class Python(unittest.TestCase):
    def test_keep_alive(self):
        c = http.client.HTTPConnection("127.0.0.1", CLEAR, timeout=20)
        for i in range(50):
            c.request("POST", "/echo", body=b"x" * i)
            self.assertEqual(c.getresponse().read(), b"x" * i)
        context = ssl.create_default_context(cafile=path("ca.pem"))
        s = http.client.HTTPSConnection("127.0.0.1", TLS, timeout=20, context=context)
        for _ in range(20):
            s.request("GET", "/version")
            self.assertEqual(s.getresponse().read(), b"11")

    def test_concurrent_clients(self):
        def one(i):
            c = http.client.HTTPConnection("127.0.0.1", CLEAR, timeout=30)
            c.request("POST", "/echo", body=bytes([i % 256]) * 100_000)
            return c.getresponse().read() == bytes([i % 256]) * 100_000

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            self.assertTrue(all(pool.map(one, range(200))))

    def test_smuggling_is_refused(self):
        for request in (
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
            b"GET /version HTTP/1.1\nHost: x\n\n",
            b"GET /version HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
            b"GET http://x/version HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", CLEAR), timeout=10) as s:
                s.sendall(request)
                answer = b""
                while piece := s.recv(4096):
                    answer += piece
                self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), (request, answer))

    def test_websocket(self):
        with socket.create_connection(("127.0.0.1", CLEAR), timeout=10) as s:
            key = base64.b64encode(os.urandom(16))
            s.sendall(
                b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
            )
            f = s.makefile("rb")
            self.assertEqual(f.readline(), b"HTTP/1.1 101 Switching Protocols\r\n")
            headers = http.client.parse_headers(f)
            want = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
            self.assertEqual(headers["Sec-WebSocket-Accept"], base64.b64encode(want).decode())
            for size in (0, 5, 125, 126, 70_000):
                payload, mask = os.urandom(size), os.urandom(4)
                head = b"\x82" + (
                    bytes([0x80 | size]) if size < 126
                    else b"\xfe" + struct.pack(">H", size) if size < 65536
                    else b"\xff" + struct.pack(">Q", size)
                )
                s.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))
                got = f.read(2)[1]
                length = got if got < 126 else struct.unpack(">H", f.read(2))[0] if got == 126 else struct.unpack(">Q", f.read(8))[0]
                self.assertEqual((length, f.read(length)), (size, payload))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        DIRECTORY = directory
        SERVER = subprocess.Popen([sys.argv[1], directory], stdout=subprocess.PIPE, text=True)
        try:
            CLEAR, TLS = (int(n) for n in SERVER.stdout.readline().split())
            result = unittest.main(argv=sys.argv[:1] + sys.argv[2:], exit=False, warnings="ignore").result
            alive = SERVER.poll() is None
        finally:
            SERVER.terminate()
            SERVER.wait(timeout=10)
    sys.exit(0 if result.wasSuccessful() and alive else 1)
