"""A small service with a password sign-in and a second factor by Twofold's page.

It shows how a service uses second_factor.py. It is no service for real use: its two passwords are in this file,
and it listens on loopback alone.
"""

import argparse
import hmac
import html
import http.cookies
import http.server
import secrets
import sys
import urllib.parse

import grpc
import second_factor

ACCOUNTS = {"ann": "ann's password", "bob": "bob's password"}
NAME = "Sample Shop"
COOKIE = "sample"
MAX_FORM = 4096

STYLE = """:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 32rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
input, button { font: inherit; padding: 0.5rem; margin: 0.25rem 0 0.75rem; }
label, input { display: block; } .note { padding: 0.75rem; border: 1px solid; border-radius: 0.5rem; }"""


class Sessions:
    """What the service knows of each browser. A real service keeps it in a database."""

    def __init__(self):
        self._sessions = {}

    def of(self, cookie):
        """(id, contents) of a browser's session, which is new if the cookie names none."""
        if cookie in self._sessions:
            return cookie, self._sessions[cookie]
        return self.add({})

    def add(self, contents):
        name = secrets.token_urlsafe(24)
        contents.setdefault("form_token", secrets.token_urlsafe(24))
        self._sessions[name] = contents
        return name, contents

    def renew(self, name):
        """The same session under a new id, as after each sign-in: whoever knew the old id is out."""
        return self.add(self._sessions.pop(name))

    def end(self, name):
        self._sessions.pop(name, None)


class Handler(http.server.BaseHTTPRequestHandler):
    sessions = Sessions()
    factor = None

    def do_GET(self):
        self._begin()
        address = urllib.parse.urlsplit(self.path)
        if address.path == "/":
            return self._home()
        if address.path == "/done":
            return self._done({key: values[-1] for key, values in urllib.parse.parse_qs(address.query).items()})
        if address.path == "/security" and "user" in self.session:
            return self._security()
        return self._go("/") if address.path == "/security" else self._page("Not found", "", 404)

    def do_POST(self):
        self._begin()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_FORM:
            return self._page("Too long", "", 413)
        form = urllib.parse.parse_qs(self.rfile.read(int(length)).decode("utf-8", "replace"))
        form = {key: values[-1] for key, values in form.items()}
        if not hmac.compare_digest(form.get("form_token", "").encode(), self.session["form_token"].encode()):
            return self._page("Please try again", "<p>The page was too old.</p>", 403)
        if self.path == "/sign-in":
            return self._sign_in(form.get("user", ""), form.get("password", ""))
        if self.path == "/sign-out":
            self.sessions.end(self.name)
            return self._go("/")
        if self.path == "/security" and "user" in self.session:
            required = self.factor.is_required(self.session["user"])
            purpose = second_factor.MANAGE if required else second_factor.ENROLL
            return self._go(self.factor.start(self.session, self.session["user"], purpose))
        return self._page("Not found", "", 404)

    def _sign_in(self, user, password):
        expected = ACCOUNTS.get(user, secrets.token_urlsafe(24))
        if not hmac.compare_digest(expected.encode(), password.encode()):
            return self._home("The name or the password is wrong.")
        self.name, self.session = self.sessions.renew(self.name)
        if self.factor.is_required(user):
            return self._go(self.factor.start(self.session, user, second_factor.SIGN_IN))
        self.session["user"] = user
        return self._go("/")

    def _done(self, query):
        try:
            passed = self.factor.finish(self.session, query)
        except second_factor.NotPassed as reason:
            return self._home(str(reason)) if "user" not in self.session else self._security(str(reason))
        if passed.purpose != second_factor.SIGN_IN:
            return self._go("/security")
        self.name, self.session = self.sessions.renew(self.name)
        self.session["user"] = passed.user
        return self._go("/")

    def _home(self, note=""):
        note = f'<p class="note" role="alert">{html.escape(note)}</p>' if note else ""
        if "user" in self.session:
            return self._page(f"Welcome, {html.escape(self.session['user'])}", note + f"""
<p><a href="/security">Security</a></p>{self._form('/sign-out', '<button>Sign out</button>')}""")
        return self._page("Sign in", note + self._form("/sign-in", """
<label for="user">Name</label><input id="user" name="user" autocomplete="username" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>"""))

    def _security(self, note=""):
        note = f'<p class="note" role="alert">{html.escape(note)}</p>' if note else ""
        user = self.session["user"]
        methods = "".join(f"<li>{html.escape(name)}</li>" for name in self.factor.methods(user))
        on = self.factor.is_required(user)
        state = f"<p>A second step protects your account:</p><ul>{methods}</ul>" if on else "<p>Your password alone is enough.</p>"
        button = "<button>Change</button>" if on else "<button>Set up a second step</button>"
        return self._page("Security", note + state + self._form("/security", button) + '<p><a href="/">Back</a></p>')

    def _form(self, action, content):
        token = html.escape(self.session["form_token"])
        return f'<form method="post" action="{action}"><input type="hidden" name="form_token" value="{token}">{content}</form>'

    def _begin(self):
        cookies = http.cookies.SimpleCookie(self.headers.get("Cookie", ""))
        self.name, self.session = self.sessions.of(cookies[COOKIE].value if COOKIE in cookies else "")

    def _go(self, address):
        self._answer(303, "", {"Location": address})

    def _page(self, title, body, status=200):
        self._answer(status, f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} · {NAME}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>""")

    def _answer(self, status, body, headers=None):
        body = body.encode()
        self.send_response(status)
        # Not Strict: the browser comes back from the page, which is another site.
        self.send_header("Set-Cookie", f"{COOKIE}={self.name}; Path=/; HttpOnly; SameSite=Lax")
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *arguments):
        """Writes no addresses, because they hold codes."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--server", default="127.0.0.1:50051", help="where twofold-server listens")
    options = parser.parse_args()
    channel = grpc.insecure_channel(options.server)
    Handler.factor = second_factor.SecondFactor(channel, f"http://127.0.0.1:{options.port}/done", NAME)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    except OSError as error:
        sys.exit(f"sample service: cannot listen on port {options.port}: {error.strerror}")
    print(f"sample service: http://127.0.0.1:{options.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
