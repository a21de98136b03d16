"""What the tests of the sample share: the real programs, and a browser that follows nothing by itself."""

import base64
import contextlib
import hashlib
import hmac
import html.parser
import http.client
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = os.getcwd()
SERVER = os.path.join(ROOT, "server/twofold-server")
PAGE = os.path.join(ROOT, "clients/prompt/twofold-prompt")
DEMO = os.path.join(ROOT, "examples/sample_service/run.sh")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(what)
        time.sleep(0.02)


def make_stubs(folder):
    """Generates the Python of the protos, and makes it importable."""
    subprocess.run(
        ["protoc", "-Iproto", "-I/usr/include", "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin",
         f"--python_out={folder}", f"--grpc_out={folder}",
         *(f"proto/twofold/v1/{name}" for name in os.listdir("proto/twofold/v1") if name.endswith(".proto"))],
        check=True, cwd=ROOT)
    sys.path.insert(0, folder)


class Program:
    """A process whose output goes to a file."""

    def __init__(self, *command):
        with tempfile.NamedTemporaryFile(dir=os.environ.get("TEST_TMPDIR"), delete=False) as log:
            self.log = log.name
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def output(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def wait_until(self, said):
        wait_for(lambda: said in self.output() or self.process.poll() is not None, f"no '{said}'")
        assert said in self.output(), self.output()
        return self

    def children(self):
        with contextlib.suppress(FileNotFoundError):
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="utf-8") as file:
                return [int(child) for child in file.read().split()]
        return []

    def end(self):
        self.process.terminate()
        self.process.wait(20)


class Twofold:
    """A server and a page, on loopback."""

    def __init__(self, folder):
        self.address = f"127.0.0.1:{free_port()}"
        self.page_port = free_port()
        self.url = f"http://localhost:{self.page_port}"
        self._flags = [f"--data_dir={folder}/data", f"--audit_log={folder}/audit.log", "--ops_listen=",
                       f"--prompt_url={self.url}", f"--listen={self.address}"]
        self.start_server()
        self.page = Program(PAGE, f"--listen=127.0.0.1:{self.page_port}", "--ops_listen=",
                            f"--server={self.address}", f"--public_url={self.url}").wait_until("listening on")

    def start_server(self):
        self.server = Program(SERVER, *self._flags).wait_until("listening on")

    def end(self):
        self.page.end()
        self.server.end()


def totp(secret, steps=0):
    """The code of RFC 6238 for the time step that is so far ahead."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30 + steps), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06}"


class _Forms(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = {}

    def handle_starttag(self, tag, attributes):
        one = dict(attributes)
        if tag == "form":
            self.fields = self.forms.setdefault(one["action"].rsplit("/", 1)[-1], {})
        elif tag == "input" and "name" in one and one.get("type") == "hidden":
            self.fields[one["name"]] = one.get("value", "")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.location = response.headers.get("Location", "")
        self.headers = response.headers
        self.cookies = response.headers.get_all("Set-Cookie") or []
        self.text = response.read().decode()
        parser = _Forms()
        parser.feed(self.text)
        # Their hidden fields, by the last part of the address to which each form goes.
        self.forms = parser.forms
        title = re.search("<h1[^>]*>(.*?)</h1>", self.text, re.S)
        self.title = title.group(1) if title else ""


class Browser:
    """Sends requests with the cookies that it got, and follows no redirect."""

    def __init__(self):
        self.jars = {}

    def jar(self, port):
        return self.jars.setdefault(port, {})

    def request(self, method, url, fields=None, headers=None):
        address = urllib.parse.urlsplit(url)
        jar = self.jar(address.port)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()), **(headers or {})}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = f"{address.scheme}://{address.netloc}"
        body = None if fields is None else urllib.parse.urlencode(fields)
        target = url.split(address.netloc, 1)[1].split("#")[0]
        connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, target, body, {"Host": address.netloc, **headers})
            answer = Answer(connection.getresponse())
        for cookie in answer.cookies:
            name, _, value = cookie.split(";")[0].partition("=")
            jar[name] = value
            if "Max-Age=0" in cookie:
                del jar[name]
        return answer

    def get(self, url, headers=None):
        return self.request("GET", url, headers=headers)

    def post(self, url, fields):
        return self.request("POST", url, fields)


class Visit:
    """A prompt that is open in a browser at the page."""

    def __init__(self, browser, url):
        self.browser = browser
        origin, token = url.split("/start#")
        self.opened = browser.post(origin + "/start", {"token": token})
        self.path = self.opened.location
        self.base = origin + self.path
        self.screen = browser.get(self.base) if self.opened.status == 303 else self.opened

    def submit(self, action, **fields):
        """The answer to a form of the screen."""
        return self.browser.post(f"{self.base}/{action}", {**self.screen.forms[action], **fields})

    def show(self, query):
        self.screen = self.browser.get(f"{self.base}?{query}")
        return self.screen
