#!/usr/bin/env python3
"""A receiver of sent codes for tests, which can misbehave.

usage: receiver.py KIND FOLDER [CERTIFICATE KEY]

KIND is "webhook", "smtps", "smtp" (with STARTTLS), "smtp_in_clear" (without), or "endless" (it sends
lines to whoever connects). Prints its port. Appends each message that arrives to FOLDER/arrived, as a line
of JSON. FOLDER/faults is a JSON object of destinations and of what is wrong with the answers to them.
FOLDER/secrets has the secrets of Standard Webhooks that the receiver knows, one a line.
"""

import asyncio
import base64
import email
import email.policy
import email.utils
import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import threading
import time

from aiosmtpd.smtp import SMTP, AuthResult

KIND, FOLDER = sys.argv[1:3]
PATH = "/codes"
LOCK = threading.Lock()


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def record(**message):
    with LOCK, open(os.path.join(FOLDER, "arrived"), "a", encoding="utf-8") as file:
        file.write(json.dumps(message) + "\n")


def fault_of(destination):
    return json.loads(read("faults")).get(destination, "")


def is_genuine(headers, body):
    """What the specification of Standard Webhooks asks a receiver to check."""
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    content = b"%s.%s.%s" % (headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body)
    for secret in read("secrets").split():
        key = base64.b64decode(secret[len("whsec_") :], validate=True)
        expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        for signature in headers["webhook-signature"].split(" "):
            if hmac.compare_digest(signature, "v1," + expected):
                return True
    return False


class Webhook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def until_the_client_goes(self, chunk, pause=0.0):
        try:
            while True:
                self.wfile.write(chunk)
                time.sleep(pause)
        except OSError:
            pass

    def misbehave(self, fault, body, is_repeated):
        """Whether the fault was one that gives no ordinary answer."""
        if fault == "silent":
            self.connection.settimeout(60)
            self.rfile.read(1)
        elif fault == "slow":
            self.until_the_client_goes(b"H", 0.5)
        elif fault == "endless":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            self.until_the_client_goes(b"x" * 1024)
        elif fault == "endless_headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            self.until_the_client_goes(b"X: " + b"x" * 1000 + b"\r\n")
        elif fault == "endless_interim":
            self.until_the_client_goes(b"HTTP/1.1 102 Processing\r\nX: " + b"x" * 1000 + b"\r\n\r\n")
        elif fault == "long_headers":
            self.wfile.write(b"HTTP/1.1 204 No Content\r\n" + 20 * (b"X: " + b"x" * 1000 + b"\r\n") + b"\r\n")
        elif fault in ("full_answer", "long_answer"):
            size = 4096 if fault == "full_answer" else 4097
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        elif fault == "garbage":
            self.wfile.write(b"\x00\xff 220 " + body + b"\r\n\r\n")
        elif fault == "refused":
            # A receiver that shows the code wherever it can.
            self.wfile.write(b"HTTP/1.1 400 " + body + b"\r\nX-Body: " + body + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        elif fault == "lost" and not is_repeated:
            # It takes the message, and nobody learns that.
            self.connection.close()
        else:
            return False
        self.close_connection = True
        return True

    def answer(self, code, *headers):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def take(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        message = json.loads(body)["data"] if body else {}
        with LOCK:
            known = self.server.known
            is_repeated = self.headers["webhook-id"] in known
            known.add(self.headers["webhook-id"])
        signatures = (self.headers["webhook-signature"] or "").split()
        record(
            genuine=self.path == PATH and is_genuine(self.headers, body),
            id=self.headers["webhook-id"],
            signatures=len(signatures),
            path=self.path,
            login=self.headers["Authorization"] or "",
            **{name: message.get(name) for name in ("destination", "code", "purpose", "method", "issuer")},
        )
        fault = fault_of(message.get("destination"))
        if self.misbehave(fault, body, is_repeated):
            return
        port = self.server.server_port
        if fault in ("301", "302", "303", "307", "308"):
            self.answer(int(fault), ("Location", "https://127.0.0.1:%d/elsewhere" % port))
        elif fault.isdigit():
            self.answer(int(fault))
        else:
            self.answer(204)

    do_POST = do_GET = take


class Mailbox:
    """The hooks of aiosmtpd, for one connection."""

    def __init__(self):
        self.faults = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if fault_of(address) == "refused":
            return "550 5.1.1 nobody here is called " + address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        if "silent_at_the_end" in self.faults:
            await asyncio.sleep(60)
        return "221 Bye"

    async def handle_DATA(self, server, session, envelope):
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = parsed.get_content()
        record(
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            destination=",".join(envelope.rcpt_tos),
            to=[address for _, address in email.utils.getaddresses(parsed.get_all("To", []))],
            headers=parsed.keys(),
            subject=str(parsed["Subject"]),
            id=parsed["Message-ID"],
            code=text[:6],
            text=text,
            hello=session.host_name,
            tls=server.transport.get_extra_info("ssl_object") is not None,
            user=session.auth_data.decode() if session.authenticated else "",
        )
        fault = fault_of(envelope.rcpt_tos[0])
        self.faults.add(fault)
        if fault == "silent":
            await asyncio.sleep(60)
        elif fault == "lost":
            server.transport.close()
        elif fault == "endless":
            while not server.transport.is_closing():
                await server.push("250-" + text[:6] + "x" * 500)
                # Other sessions go on.
                await asyncio.sleep(0.001)
        elif fault == "refused_mail":
            return "554 5.7.1 not this one: " + text[:6]
        elif fault == "busy":
            return "451 4.3.0 later, " + text[:6]
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"mailer", b"open sesame")
    return AuthResult(success=good, auth_data=data.login)


class Endless(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.more()

    def more(self):
        if not self.transport.is_closing():
            self.transport.write(b"220-x\r\n" * 100)
            asyncio.get_running_loop().call_later(0.001, self.more)


def certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    return context


def mail_session():
    options = {"authenticator": login, "auth_require_tls": False}
    if KIND == "smtp":
        options = {"authenticator": login, "tls_context": certificate(), "require_starttls": True}
    return SMTP(Mailbox(), hostname="mail.test", **options)


async def serve():
    make = Endless if KIND == "endless" else mail_session
    outer = certificate() if KIND == "smtps" else None
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=outer)
    print("port %d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    known = set()

    def handle_error(self, *_):
        pass


if KIND == "webhook":
    hook = HttpServer(("127.0.0.1", 0), Webhook)
    hook.socket = certificate().wrap_socket(hook.socket, server_side=True, do_handshake_on_connect=False)
    print("port %d" % hook.server_port, flush=True)
    hook.serve_forever()
else:
    asyncio.run(serve())
