"""Runs the sample in the process of a test, against the real server and the real page."""

import http.server
import os
import re
import tempfile
import threading
import unittest
import uuid

import programs
from programs import Browser, Visit, totp

FOLDER = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
programs.make_stubs(FOLDER)

import grpc  # noqa: E402 - The stubs are made above.
import app  # noqa: E402
import second_factor  # noqa: E402
from twofold.v1 import method_pb2, two_factor_service_pb2 as messages  # noqa: E402, F401
from twofold.v1.two_factor_service_pb2_grpc import TwoFactorServiceStub  # noqa: E402

PASSWORD = "a password"


def fields_of(address):
    """The parameters with which a browser comes back."""
    return app.Handler._fields(address.partition("?")[2])


class SampleCase(unittest.TestCase):
    """Each test has a new user, `self.user`, and a new browser."""

    @classmethod
    def setUpClass(cls):
        cls.twofold = programs.Twofold(FOLDER)
        cls.channel = grpc.insecure_channel(cls.twofold.address, second_factor.CHANNEL_OPTIONS)
        cls.methods = TwoFactorServiceStub(cls.channel)
        cls.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), app.Handler)
        cls.port = cls.http.server_address[1]
        cls.site = app.Handler.public_url = f"http://127.0.0.1:{cls.port}"
        app.Handler.factor = second_factor.SecondFactor(cls.channel, cls.site + "/done", app.NAME)
        threading.Thread(target=cls.http.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.http.shutdown()
        cls.http.server_close()
        cls.channel.close()
        cls.twofold.end()

    def setUp(self):
        self.user = "user-" + uuid.uuid4().hex
        app.ACCOUNTS[self.user] = PASSWORD
        self.browser = Browser()

    def enroll(self):
        """Gives the user an app. Its first codes of the present time step are used."""
        enrolled = self.methods.Enroll(messages.EnrollRequest(
            user_id=self.user, request_id=str(uuid.uuid4()), description="Ann's phone"))
        self.secret = enrolled.secret_base32
        confirmed = self.methods.ConfirmEnrollment(messages.ConfirmEnrollmentRequest(
            user_id=self.user, request_id=str(uuid.uuid4()), method_id=enrolled.method.method_id,
            code=totp(self.secret)))
        self.codes = list(confirmed.backup_codes)

    def sign_in(self, browser=None, user=None, password=PASSWORD):
        browser = browser or self.browser
        form = browser.get(self.site + "/").forms["sign-in"]
        return browser.post(self.site + "/sign-in", {**form, "user": user or self.user, "password": password})

    def begin(self, browser=None):
        """Signs in with the password, and opens the page."""
        browser = browser or self.browser
        answer = self.sign_in(browser)
        self.assertTrue(answer.location.startswith(self.twofold.url + "/start#"), answer.location)
        return Visit(browser, answer.location)

    def pass_by_code(self, visit):
        """Passes with an emergency code. Returns the address to which the browser goes back."""
        visit.show("screen=others")
        link = re.search(r"\?method=backup[^\"]*", visit.screen.text).group()[1:]
        visit.show(link)
        answer = visit.submit("verify", code=self.codes.pop())
        self.assertEqual(answer.status, 303, answer.text)
        return answer.location

    def pass_by_form(self, visit):
        """Proves a change with an emergency code, and leaves the page."""
        self.assertEqual(self.pass_by_code(visit), visit.path)
        visit.show("")
        return visit.submit("finish").location

    def whole_sign_in(self, browser=None):
        browser = browser or self.browser
        self.assertEqual(browser.get(self.pass_by_code(self.begin(browser))).location, "/")

    def sign_out(self, browser):
        browser.post(self.site + "/sign-out", browser.get(self.site + "/").forms["sign-out"])

    def is_in(self, browser=None):
        return (browser or self.browser).get(self.site + "/").title == f"Welcome, {self.user}"

    def session(self, browser=None):
        return (browser or self.browser).jar(self.port).get("sample-session")

    def read_note(self, browser=None, path="/"):
        text = (browser or self.browser).get(self.site + path).text
        return re.search(r'role="alert">(.*?)</p>', text).group(1)

    def to_security(self):
        """Chooses Security there. Returns the visit at the page."""
        form = self.browser.get(self.site + "/security").forms["security"]
        return Visit(self.browser, self.browser.post(self.site + "/security", form).location)
