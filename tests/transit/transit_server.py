#!/usr/bin/env python3
"""A server with the protocol of the Transit secrets engine, for tests.

usage: transit_server.py TOKEN_FILE [CERTIFICATE KEY]

Prints its port. The key "ring" works. Other keys misbehave as their names say. The file STATE beside
TOKEN_FILE makes the whole server "sealed". Nothing here is encrypted in earnest.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import threading

SECRET = os.urandom(32)


def seal(plaintext):
    tag = hmac.new(SECRET, plaintext, hashlib.sha256).digest()
    return "vault:v1:" + base64.b64encode(tag + bytes(byte ^ 0x5A for byte in plaintext)).decode()


def open_sealed(text):
    """The plaintext, or None."""
    if not text.startswith("vault:v1:"):
        return None
    raw = base64.b64decode(text[len("vault:v1:") :], validate=True)
    plaintext = bytes(byte ^ 0x5A for byte in raw[32:])
    return plaintext if hmac.compare_digest(raw[:32], hmac.new(SECRET, plaintext, hashlib.sha256).digest()) else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, content, headers=()):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, code, *errors):
        self.answer(code, {"errors": list(errors)})

    def misbehave(self, key):
        """Whether the key's name asked for it."""
        if key == "slow":
            # Until the client gives up.
            self.connection.settimeout(60)
            self.rfile.read(1)
        elif key == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 4096)
            except OSError:
                pass
        elif key == "redirect":
            self.answer(307, b"", [("Location", "http://127.0.0.1:1/v1/transit/decrypt/ring")])
        elif key == "html":
            self.answer(200, b"<html></html>")
        elif key == "empty":
            self.answer(200, {"data": {}})
        elif key == "short":
            self.answer(200, {"data": {"plaintext": base64.b64encode(b"short").decode(), "ciphertext": "vault:v1:AA=="}})
        else:
            return False
        self.close_connection = True
        return True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if os.path.exists(os.path.join(os.path.dirname(TOKEN_FILE), "SEALED")):
            return self.refuse(503, "Vault is sealed")
        with open(TOKEN_FILE, encoding="utf-8") as file:
            if self.headers.get("X-Vault-Token") != file.read().strip():
                return self.refuse(403, "permission denied")
        parts = self.path.split("/")
        if len(parts) != 5 or parts[1] != "v1" or parts[2] != "transit" or parts[3] not in ("encrypt", "decrypt"):
            return self.refuse(404, "no handler for route")
        if self.misbehave(parts[4]):
            return None
        if parts[4] != "ring":
            return self.refuse(400, "encryption key not found")
        request = json.loads(body)
        if parts[3] == "encrypt":
            return self.answer(200, {"request_id": "1", "data": {"ciphertext": seal(base64.b64decode(request["plaintext"])), "key_version": 1}})
        plaintext = open_sealed(request["ciphertext"])
        if plaintext is None:
            return self.refuse(400, "invalid ciphertext")
        return self.answer(200, {"data": {"plaintext": base64.b64encode(plaintext).decode()}, "warnings": None})


TOKEN_FILE = sys.argv[1]
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("port %d" % server.server_port, flush=True)
threading.Event().wait()
