"""A small service with a password sign-in and a second factor by Twofold's page.

It shows how a service uses second_factor.py. It is no service for real use, which also needs:

- passwords that are hashed (Argon2id) and rate-limited. The two here are in this file;
- sessions and accounts in a database;
- TLS, and a web server in front of it. This one listens on loopback alone;
- a question for the password just before the first method is set up, because no other proof exists;
- RevokeGrants when the user changes the password (docs/guide-remembered-devices.md).
"""

import argparse
import hashlib
import hmac
import html
import http.server
import secrets
import sys
import threading
import time
import urllib.parse

import grpc
import second_factor

ACCOUNTS = {"ann": "ann's password", "bob": "bob's password"}
NAME = "Sample Shop"
MAX_FORM = 4096
SESSION_SECONDS = 12 * 3600

STYLE = """:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 32rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
input, button { font: inherit; padding: 0.5rem; margin: 0.25rem 0 0.75rem; }
label, input { display: block; }
.note { padding: 0.75rem; border: 1px solid; border-radius: 0.5rem; }"""

BACK = '<p><a href="/">Back</a></p>'
UNAVAILABLE = "<p>The second step is not available just now. Please wait a minute.</p>"

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    # No form-action: browsers apply it also to the redirect from a form to Twofold's page.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                               "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Sessions:
    """What the service knows of each browser, for some hours. May be used by several threads."""

    def __init__(self):
        self._lock = threading.Lock()
        # By id, the oldest first: when the session ends, and its contents.
        self._sessions = {}

    def find(self, name):
        """(id, contents) of a session. Without one it is an empty session, which has no id yet."""
        with self._lock:
            ends, contents = self._sessions.get(name, (0, None))
        return (name, contents) if time.monotonic() < ends else ("", self._empty())

    def add(self, contents):
        """(id, contents) of a session that lasts."""
        name, now = secrets.token_urlsafe(24), time.monotonic()
        with self._lock:
            while self._sessions and next(iter(self._sessions.values()))[0] <= now:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[name] = now + SESSION_SECONDS, contents
        return name, contents

    def renew(self, name, user=None):
        """A new session in place of the old one, after each step of a sign-in.

        Whoever knew the old id or the old form token is out. Of the old contents only the prompts
        stay, so that another tab can finish. A request at the same time may have ended the session.
        """
        with self._lock:
            _, old = self._sessions.pop(name, (0, {}))
        return self.add({**self._empty(), "user": user, "prompts": old.get("prompts", {})})

    def end(self, name):
        with self._lock:
            self._sessions.pop(name, None)

    @staticmethod
    def _empty():
        """`user` is who is signed in."""
        return {"user": None, "prompts": {}, "form_token": secrets.token_urlsafe(24)}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request. main() sets `factor`, and `public_url`, which is where browsers reach it."""

    sessions = Sessions()
    factor = None
    public_url = ""
    # A client that sends nothing for so many seconds does not keep its thread.
    timeout = 30
    server_version, sys_version = "sample", ""

    def do_GET(self):
        self._serve(self._get)

    def do_POST(self):
        self._serve(self._post)

    def _serve(self, answer):
        self.cookies = {}
        self.name, self.session = self.sessions.find(self._cookie("session"))
        try:
            answer()
        except grpc.RpcError as error:
            # Not the user's fault, and nobody gets in by it. The operator needs the reason.
            print(f"sample service: {error.code().name}: {error.details()}", file=sys.stderr)
            self._page("Please try again later", UNAVAILABLE + BACK, 503)

    def _get(self):
        address = urllib.parse.urlsplit(self.path)
        if address.path == "/":
            return self._home()
        if address.path == "/done":
            return self._done(self._fields(address.query))
        if address.path == "/security":
            return self._security() if self.session["user"] else self._go("/")
        return self._page("Not found", "", 404)

    def _post(self):
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_FORM:
            return self._page("Too long", "", 413)
        form = self._fields(self.rfile.read(int(length)).decode("utf-8", "replace"))
        token = form.get("form_token", "")
        if not hmac.compare_digest(token.encode(), self.session["form_token"].encode()):
            return self._page("Please try again", "<p>The page was too old.</p>" + BACK, 403)
        if self.path == "/sign-in":
            return self._sign_in(form.get("user", ""), form.get("password", ""))
        if self.path == "/sign-out":
            self.sessions.end(self.name)
            self._set_cookie("session", "", "; Max-Age=0")
            return self._go("/")
        user = self.session["user"]
        if self.path == "/security" and user:
            enrolled = self.factor.is_required(user)
            purpose = second_factor.MANAGE if enrolled else second_factor.ENROLL
            return self._go(self.factor.start(self.session, user, purpose))
        return self._page("Not found", "", 404)

    def _sign_in(self, user, password):
        # A stranger must not learn which names exist, neither by the text nor by the time.
        expected = ACCOUNTS.get(user, secrets.token_urlsafe(24))
        if not hmac.compare_digest(expected.encode(), password.encode()):
            return self._home("The name or the password is wrong.")
        # The password alone signs nobody in, and ends what another user had in this browser.
        self._use(self.sessions.renew(self.name))
        if self.factor.is_required(user) and not self._is_remembered(user):
            return self._go(self.factor.start(self.session, user, second_factor.SIGN_IN))
        self._use(self.sessions.renew(self.name, user))
        return self._go("/")

    def _done(self, query):
        try:
            passed = self.factor.finish(self.session, query)
        except second_factor.NotPassed as reason:
            # A redirect, so that neither a reload nor the history sends the answer again.
            self._keep()
            self.session["note"] = str(reason)
            return self._go("/security" if self.session["user"] else "/")
        if passed.purpose == second_factor.SIGN_IN:
            self._use(self.sessions.renew(self.name, passed.user))
            self._remember(passed)
            return self._go("/")
        # Another tab may have signed in somebody else meanwhile. Only a sign-in changes the user.
        self._use(self.sessions.renew(self.name, self.session["user"]))
        return self._go("/security")

    def _is_remembered(self, user):
        token = self._cookie(self._device(user))
        # Behind a proxy this is the proxy's address. Take the user's from a header that the proxy sets.
        return token != "" and self.factor.is_remembered(user, token, self.client_address[0])

    def _remember(self, passed):
        """Keeps the device's token in this browser and nowhere else, or forgets an older one."""
        device = self._device(passed.user)
        if passed.device_token:
            self._set_cookie(device, passed.device_token, f"; Max-Age={second_factor.REMEMBER_SECONDS}")
        elif self._cookie(device):
            self._set_cookie(device, "", "; Max-Age=0")

    @staticmethod
    def _device(user):
        """The name of the user's cookie, because several people may use one browser."""
        return "device-" + hashlib.sha256(user.encode()).hexdigest()[:16]

    def _home(self, note=""):
        user = self.session["user"]
        if user:
            return self._page(f"Welcome, {user}", self._note(note) + f"""
<p><a href="/security">Security</a></p>{self._form('/sign-out', '<button>Sign out</button>')}""")
        return self._page("Sign in", self._note(note) + self._form("/sign-in", """
<label for="user">Name</label><input id="user" name="user" autocomplete="username" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>"""))

    def _security(self):
        user = self.session["user"]
        methods = "".join(f"<li>{html.escape(name)}</li>" for name in self.factor.methods(user))
        state, button = "<p>Your password alone is enough.</p>", "Set up a second step"
        if self.factor.is_required(user):
            state, button = f"<p>A second step protects your account:</p><ul>{methods}</ul>", "Change"
        form = self._form("/security", f"<button>{button}</button>")
        return self._page("Security", self._note() + state + form + BACK)

    def _note(self, text=""):
        """What the user must read once: the text, or what the last redirect left."""
        text = text or self.session.pop("note", "")
        return f'<p class="note" role="alert">{html.escape(text)}</p>' if text else ""

    def _form(self, action, content):
        self._keep()
        token = html.escape(self.session["form_token"])
        hidden = f'<input type="hidden" name="form_token" value="{token}">'
        return f'<form method="post" action="{action}">{hidden}{content}</form>'

    @staticmethod
    def _fields(text):
        return {key: values[-1] for key, values in urllib.parse.parse_qs(text).items()}

    def _keep(self):
        """Makes the session last until the browser's next request.

        Other requests make none. A picture that is loaded during a sign-in would otherwise bring a
        new session in place of the one that the sign-in gave.
        """
        if not self.name:
            self._use(self.sessions.add(self.session))

    def _use(self, session):
        """Gives this browser a session, of which it learns the id."""
        self.name, self.session = session
        self._set_cookie("session", self.name)

    def _is_https(self):
        return self.public_url.startswith("https:")

    def _cookie_name(self, name):
        # Where there is TLS, no other host and no plain http can set a cookie of such a name.
        return ("__Host-sample-" if self._is_https() else "sample-") + name

    def _cookie(self, name):
        # Not http.cookies, which fails at a cookie of another service that it does not like.
        for cookie in self.headers.get("Cookie", "").split(";"):
            key, _, value = cookie.strip().partition("=")
            if key == self._cookie_name(name):
                return value
        return ""

    def _set_cookie(self, name, value, more=""):
        # Not Strict: the browser comes back from the page, which is another site.
        more += "; Secure" if self._is_https() else ""
        self.cookies[self._cookie_name(name)] = f"{value}; Path=/; HttpOnly; SameSite=Lax{more}"

    def _go(self, address):
        """Only to a path of this service or to a URL that Twofold gave, never to one of the browser."""
        self._answer(303, "", {"Location": address})

    def _page(self, title, body, status=200):
        title = html.escape(title)
        self._answer(status, f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>{title} · {NAME}</title><meta name="viewport" content="width=device-width, initial-scale=1">
<style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>""")

    def _answer(self, status, body, more=None):
        body = body.encode()
        self.send_response(status)
        for name, cookie in self.cookies.items():
            self.send_header("Set-Cookie", f"{name}={cookie}")
        for key, value in {**HEADERS, "Content-Length": str(len(body)), **(more or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *arguments):
        """Writes no addresses, because they hold codes."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--server", default="127.0.0.1:50051", help="where twofold-server listens")
    parser.add_argument("--public_url", help="where browsers reach this service, if not at its port")
    options = parser.parse_args()
    # On a network the channel has TLS and a certificate of this service ("Call over TLS" in docs/guide.md).
    channel = grpc.insecure_channel(options.server, second_factor.CHANNEL_OPTIONS)
    Handler.public_url = options.public_url or f"http://127.0.0.1:{options.port}"
    Handler.factor = second_factor.SecondFactor(channel, Handler.public_url + "/done", NAME)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    except OSError as error:
        sys.exit(f"sample service: cannot listen on port {options.port}: {error.strerror}")
    print(f"sample service: http://127.0.0.1:{options.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
