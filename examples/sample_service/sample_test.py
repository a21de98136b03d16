"""Runs the sample in this process, against the real server and the real page."""

import contextlib
import http.server
import os
import re
import signal
import socket
import tempfile
import threading
import unittest
import urllib.parse
import uuid

import programs
from programs import Browser, Program, Visit, totp

FOLDER = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
programs.make_stubs(FOLDER)

import grpc  # noqa: E402 - The stubs are made above.
import app  # noqa: E402
import second_factor  # noqa: E402
from twofold.v1 import method_pb2, two_factor_service_pb2 as messages  # noqa: E402
from twofold.v1.two_factor_service_pb2_grpc import TwoFactorServiceStub  # noqa: E402

PASSWORD = "a password"


class SampleTest(unittest.TestCase):
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

    def whole_sign_in(self, browser=None):
        browser = browser or self.browser
        self.assertEqual(browser.get(self.pass_by_code(self.begin(browser))).location, "/")

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

    def test_a_password_is_enough_without_a_second_factor(self):
        for user, password in ((self.user, "wrong"), (self.user, ""), ("nobody", PASSWORD), ("", "")):
            self.assertIn("wrong", self.sign_in(user=user, password=password).text)
            self.assertFalse(self.is_in())
        self.assertEqual(self.sign_in().location, "/")
        self.assertTrue(self.is_in())
        old = self.session()
        self.sign_out(self.browser)
        self.assertIsNone(self.session())
        self.browser.jar(self.port)["sample-session"] = old
        self.assertFalse(self.is_in())

    def sign_out(self, browser):
        browser.post(self.site + "/sign-out", browser.get(self.site + "/").forms["sign-out"])

    def test_a_sign_in_needs_the_second_factor(self):
        self.enroll()
        visit = self.begin()
        self.assertFalse(self.is_in(), "the password alone is not enough")
        self.assertEqual(self.browser.get(self.site + "/security").location, "/")
        self.assertEqual(self.browser.get(self.pass_by_code(visit)).location, "/")
        self.assertTrue(self.is_in())

    def test_names_of_methods_are_words(self):
        self.enroll()
        self.whole_sign_in()
        text = self.browser.get(self.site + "/security").text
        self.assertIn("<li>Ann&#x27;s phone</li><li>Emergency codes</li>", text)
        types = set(method_pb2.MethodType.values()) - {0}
        self.assertEqual(types, set(second_factor.TYPES), "each type has a name")

    def test_going_back_signs_nobody_in(self):
        self.enroll()
        back = self.begin().submit("cancel").location
        self.assertIn("error=cancelled", back)
        self.assertEqual(self.browser.get(back).location, "/")
        self.assertEqual(self.read_note(), "You have not finished.")
        self.assertFalse(self.is_in())

    def test_an_error_does_not_deny_what_was_changed(self):
        self.sign_in()
        visit = self.to_security()
        self.enroll()
        self.browser.get(visit.submit("cancel").location)
        self.assertEqual(self.read_note(path="/security"),
                         "You have not finished. What you had already changed stays changed.")

    def test_an_expired_prompt_can_be_started_again(self):
        self.enroll()
        answer = self.sign_in()
        Visit(Browser(), answer.location)
        second = Visit(self.browser, answer.location).screen
        back = re.search(r'href="([^"]*/done[^"]*)"', second.text).group(1).replace("&amp;", "&")
        self.assertIn("error=expired", back)
        self.browser.get(back)
        self.assertIn("start again", self.read_note())
        self.whole_sign_in()
        self.assertTrue(self.is_in())

    def test_the_answer_of_another_browser_is_refused(self):
        self.enroll()
        thief, strange = Browser(), Browser()
        visit = Visit(self.browser, self.sign_in(thief).location)
        back = self.pass_by_code(visit)
        self.begin(strange)
        for browser in (self.browser, strange):
            self.assertEqual(browser.get(back).location, "/")
            self.assertIn("another browser", self.read_note(browser))
            self.assertFalse(self.is_in(browser))
        self.assertFalse(self.is_in(thief), "passing elsewhere signs no other browser in")
        own = urllib.parse.parse_qs(urllib.parse.urlsplit(self.begin(thief).submit("cancel").location).query)
        mixed = re.sub("state=[^&]*", "state=" + own["state"][0], back)
        thief.get(mixed)
        self.assertFalse(self.is_in(thief), "a code belongs to its own prompt")

    def test_an_answer_serves_once(self):
        self.enroll()
        back = self.pass_by_code(self.begin())
        copies = Browser()
        copies.jar(self.port).update(self.browser.jar(self.port))
        self.browser.get(back)
        self.assertTrue(self.is_in())
        self.browser.get(back)
        self.assertIn("used before", self.read_note())
        self.assertTrue(self.is_in())
        copies.get(back)
        self.assertFalse(self.is_in(copies))

    def test_an_answer_to_another_question_is_refused(self):
        self.enroll()
        for asked, expected in ((second_factor.MANAGE, second_factor.SIGN_IN),
                                (second_factor.SIGN_IN, second_factor.MANAGE)):
            session = {}
            visit = Visit(self.browser, app.Handler.factor.start(session, self.user, asked))
            for state, (prompt_id, user, _) in list(session["prompts"].items()):
                session["prompts"][state] = (prompt_id, user, expected)
            back = self.pass_by_code(visit) if asked == second_factor.SIGN_IN else self.pass_by_form(visit)
            query = app.Handler._fields(urllib.parse.urlsplit(back).query)
            with self.assertRaisesRegex(second_factor.NotPassed, "another question"):
                app.Handler.factor.finish(session, query)

    def test_two_answers_at_once_are_one(self):
        self.enroll()
        session = {}
        visit = Visit(self.browser, app.Handler.factor.start(session, self.user, second_factor.SIGN_IN))
        query = app.Handler._fields(urllib.parse.urlsplit(self.pass_by_code(visit)).query)
        meeting, outcomes = threading.Barrier(8), []

        def finish():
            meeting.wait()
            try:
                outcomes.append(app.Handler.factor.finish(session, query).user)
            except second_factor.NotPassed:
                outcomes.append(None)

        threads = [threading.Thread(target=finish) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(outcomes, key=str), [None] * 7 + [self.user])

    def test_every_step_gives_a_new_session(self):
        self.enroll()
        self.browser.get(self.site + "/")
        ids = [self.session()]
        visit = self.begin()
        ids.append(self.session())
        self.browser.get(self.pass_by_code(visit))
        ids.append(self.session())
        back = self.pass_by_form(self.to_security())
        self.browser.get(back)
        ids.append(self.session())
        self.assertTrue(self.is_in())
        self.assertEqual(len(set(ids)), 4)
        for old in ids[:-1]:
            other = Browser()
            other.jar(self.port)["sample-session"] = old
            self.assertFalse(self.is_in(other), "whoever knows an old id is out")

    def pass_by_form(self, visit):
        """Proves a change with an emergency code, and leaves the page."""
        self.assertEqual(self.pass_by_code(visit), urllib.parse.urlsplit(visit.base).path)
        visit.show("")
        return visit.submit("finish").location

    def test_a_session_id_of_the_browser_is_not_taken(self):
        self.browser.jar(self.port)["sample-session"] = "chosen-by-a-stranger"
        self.sign_in()
        self.assertTrue(self.is_in())
        self.assertNotEqual(self.session(), "chosen-by-a-stranger")

    def test_sessions_end(self):
        self.sign_in()
        with app.Handler.sessions._lock:
            _, contents = app.Handler.sessions._sessions[self.session()]
            app.Handler.sessions._sessions[self.session()] = (0, contents)
        self.assertFalse(self.is_in())

    def test_another_sign_in_ends_the_first(self):
        self.sign_in()
        self.sign_in_besides()
        self.assertEqual(self.browser.get(self.site + "/").title, "Sign in")

    def sign_in_besides(self):
        """Another user with a second factor gives the password, without a sign-out before."""
        form = self.browser.get(self.site + "/").forms["sign-out"]
        self.user = "other-" + self.user
        app.ACCOUNTS[self.user] = PASSWORD
        self.enroll()
        return self.browser.post(self.site + "/sign-in", {**form, "user": self.user, "password": PASSWORD})

    def test_only_a_sign_in_changes_who_is_signed_in(self):
        self.enroll()
        self.whole_sign_in()
        back = self.pass_by_form(self.to_security())
        self.assertIn("/start#", self.sign_in_besides().location)
        self.assertEqual(self.browser.get(back).location, "/security")
        self.assertEqual(self.browser.get(self.site + "/").title, "Sign in")

    def test_forms_need_the_token_of_their_session(self):
        old = self.browser.get(self.site + "/").forms["sign-in"]["form_token"]
        other = Browser().get(self.site + "/").forms["sign-in"]["form_token"]
        credentials = {"user": self.user, "password": PASSWORD}
        for fields in ({}, {"form_token": ""}, {"form_token": other}):
            answer = self.browser.post(self.site + "/sign-in", {**credentials, **fields})
            self.assertEqual(answer.status, 403, fields)
        answer = Browser().post(self.site + "/sign-in", {**credentials, "form_token": old})
        self.assertEqual(answer.status, 403, "a token is nothing without its session")
        answer = self.browser.post(self.site + "/security", {"form_token": old})
        self.assertEqual(answer.status, 404, "Security is for who is signed in")
        self.sign_in()
        for path in ("/sign-out", "/security"):
            answer = self.browser.post(self.site + path, {"form_token": old})
            self.assertEqual(answer.status, 403, "a token ends with its session")
        self.assertTrue(self.is_in())

    def test_two_sign_ins_of_one_browser_at_once(self):
        form = self.browser.get(self.site + "/").forms["sign-in"]
        meeting, answers = threading.Barrier(2, timeout=20), []

        class Accounts(dict):
            def get(self, *arguments):
                meeting.wait()
                return super().get(*arguments)

        def post(browser):
            answers.append(browser.post(self.site + "/sign-in", fields))

        browsers = [Browser(), Browser()]
        for browser in browsers:
            browser.jar(self.port).update(self.browser.jar(self.port))
        fields = {**form, "user": self.user, "password": PASSWORD}
        accounts, app.ACCOUNTS = app.ACCOUNTS, Accounts(app.ACCOUNTS)
        try:
            threads = [threading.Thread(target=post, args=(browser,)) for browser in browsers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            app.ACCOUNTS = accounts
        self.assertEqual([answer.location for answer in answers], ["/", "/"])
        self.assertTrue(all(self.is_in(browser) for browser in browsers))

    def test_two_tabs_can_finish(self):
        self.enroll()
        first = self.begin()
        second = self.begin()
        for back in (self.pass_by_code(second), self.pass_by_code(first)):
            self.assertEqual(self.browser.get(back).location, "/")
            self.assertTrue(self.is_in())

    def test_a_session_keeps_few_prompts(self):
        session = {}
        for i in range(second_factor.MAX_PROMPTS + 2):
            url = app.Handler.factor.start(session, f"{self.user}-{i}", second_factor.ENROLL)
        self.assertEqual(len(session["prompts"]), second_factor.MAX_PROMPTS)
        back = Visit(self.browser, url).submit("cancel").location
        query = app.Handler._fields(urllib.parse.urlsplit(back).query)
        with self.assertRaisesRegex(second_factor.NotPassed, "You have not finished"):
            app.Handler.factor.finish(session, query)

    def test_without_the_server_nobody_gets_in_and_everybody_gets_a_page(self):
        self.enroll()
        back = self.pass_by_code(self.begin())
        other, user = Browser(), self.user
        self.user += "-without"
        app.ACCOUNTS[self.user] = PASSWORD
        self.sign_in(other)
        self.assertTrue(self.is_in(other))
        self.twofold.server.end()
        try:
            self.assertEqual(other.get(self.site + "/security").status, 503)
            self.user = user
            self.assertEqual(self.browser.get(back).location, "/")
            self.assertIn("could not be checked", self.read_note())
            answer = self.sign_in()
            self.assertEqual((answer.status, answer.title), (503, "Please try again later"))
            self.assertFalse(self.is_in())
        finally:
            self.twofold.start_server()
        programs.wait_for(lambda: "/start#" in self.sign_in().location, "the service does not recover")
        self.whole_sign_in()
        self.assertTrue(self.is_in())

    def test_too_many_prompts_in_a_row_get_a_page(self):
        self.enroll()
        with self.assertRaises(grpc.RpcError):
            for _ in range(30):
                app.Handler.factor.start({}, self.user, second_factor.SIGN_IN)
        self.assertEqual(self.sign_in().status, 503)
        self.assertFalse(self.is_in())

    def test_a_device_can_be_remembered(self):
        answer = self.remember(self.browser)
        cookie = next(cookie for cookie in answer.cookies if "device-" in cookie)
        for attribute in ("Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=2592000"):
            self.assertIn(attribute, cookie.split("; "))
        device, token = cookie.split(";")[0].split("=")

        again = Browser()
        again.jar(self.port)[device] = token
        self.assertIn("wrong", self.sign_in(again, password="wrong").text)
        self.assertFalse(self.is_in(again), "a device does not stand for the password")
        self.assertEqual(self.sign_in(again).location, "/")
        self.assertTrue(self.is_in(again))

        for value in (token[:-1] + ("b" if token[-1] == "a" else "a"), "", "x"):
            other = Browser()
            other.jar(self.port)[device] = value
            self.assertIn("/start#", self.sign_in(other).location, value)

    def remember(self, browser):
        """Signs in with a code, and asks to be remembered there. Returns the answer that signs in."""
        self.enroll()
        back = self.begin(browser).submit("verify", code=totp(self.secret, 1), remember="yes").location
        return browser.get(back)

    def test_several_people_are_remembered_in_one_browser(self):
        shared, users = self.browser, []
        for _ in range(2):
            self.remember(shared)
            self.sign_out(shared)
            users.append((self.user, shared.jar(self.port)["sample-" + app.Handler._device(self.user)]))
            self.setUp()
        for user, _ in users:
            self.assertEqual(self.sign_in(shared, user).location, "/")
            self.sign_out(shared)
        (_, token), (second, _) = users
        self.browser.jar(self.port)["sample-" + app.Handler._device(second)] = token
        self.assertIn("/start#", self.sign_in(user=second).location, "a token is good for its own user")

    def test_a_device_is_forgotten_when_its_user_no_longer_wants_it(self):
        self.enroll()
        device = "sample-" + app.Handler._device(self.user)
        self.browser.jar(self.port)[device] = "no-longer-good"
        self.whole_sign_in()
        self.assertNotIn(device, self.browser.jar(self.port))

    def test_cookies_and_headers(self):
        answer = self.sign_in()
        self.assertEqual(answer.cookies[0].split("; ")[1:], ["Path=/", "HttpOnly", "SameSite=Lax"])
        for name, value in app.HEADERS.items():
            self.assertEqual(answer.headers[name], value)
        self.assertEqual(self.browser.get(self.site + "/favicon.ico").cookies, [])
        self.assertEqual(Browser().get(self.site + "/favicon.ico").cookies, [], "only a form needs a session")
        behind = type("Behind", (app.Handler,), {"public_url": "https://shop.example.org"})
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), behind) as site:
            threading.Thread(target=site.serve_forever, daemon=True).start()
            cookie = Browser().get(f"http://127.0.0.1:{site.server_address[1]}/").cookies[0]
            site.shutdown()
        self.assertTrue(cookie.startswith("__Host-sample-session="), cookie)
        self.assertIn("Secure", cookie.split("; "))

    def test_strange_cookies_and_forms_get_a_page(self):
        for cookie in ("a@b=1; c,d=2", "=", ";;", "sample-session", 'sample-session="', "\xff=\xff"):
            self.assertEqual(Browser().get(self.site + "/", {"Cookie": cookie}).status, 200, cookie)
        for size in ("5000", "-1", "x"):
            answer = self.browser.request("POST", self.site + "/sign-in", headers={"Content-Length": size})
            self.assertEqual(answer.status, 413, size)
        strange = {"form_token": b"\xff", "user": b"\xff"}
        self.assertEqual(self.browser.post(self.site + "/sign-in", strange).status, 403)

    def test_no_address_of_the_browser_is_followed(self):
        self.enroll()
        evil = "https://evil.example"
        for path in (f"/done?next={evil}&return_url={evil}&url={evil}", f"/done?state=x&error={evil}",
                     f"/security?next={evil}", "//evil.example", "//evil.example/security",
                     "/\\evil.example/"):
            self.assertIn(self.browser.get(self.site + path).location, ("", "/"), path)
        form = self.browser.get(self.site + "/?next=" + evil).forms["sign-in"]
        fields = {**form, "user": self.user, "password": PASSWORD, "next": evil, "return_url": evil}
        visit = Visit(self.browser, self.browser.post(self.site + "/sign-in", fields).location)
        back = self.pass_by_code(visit)
        self.assertTrue(back.startswith(self.site + "/done?"), back)
        self.assertEqual(self.browser.get(back + "&next=" + evil).location, "/")


class DemoTest(unittest.TestCase):
    commands = {"server": "twofold-server", "page": "twofold-prompt", "sample": "app.py"}

    def setUp(self):
        self.ports = {flag: programs.free_port() for flag in ("--server_port", "--page_port", "--port")}

    def start(self):
        flags = [str(part) for one in self.ports.items() for part in one]
        demo = Program(programs.DEMO, programs.ROOT, *flags)
        self.addCleanup(demo.end)
        return demo

    def test_a_taken_port_is_named_with_its_flag(self):
        for flag, port in self.ports.items():
            with socket.create_server(("127.0.0.1", port)):
                demo = self.start()
                self.assertEqual(demo.process.wait(30), 1)
            self.assertEqual(demo.output(), f"demo: another program has port {port}. "
                                            f"Choose another port with {flag} N.\n")

    def test_a_program_that_ends_is_noticed(self):
        for name in self.commands:
            demo = self.start().wait_until("Ctrl-C ends the demo")
            os.kill(self.child(demo, name), signal.SIGKILL)
            self.assertEqual(demo.process.wait(30), 1)
            self.assertIn(f"demo: {name} has ended. The end of its log:", demo.output())

    def test_a_program_that_ends_while_others_start_is_noticed(self):
        demo = self.start()
        programs.wait_for(lambda: self.child(demo, "page"), "the page does not start")
        os.kill(self.child(demo, "server"), signal.SIGKILL)
        self.assertEqual(demo.process.wait(30), 1)
        self.assertIn("demo: server has ended. The end of its log:", demo.output())

    def child(self, demo, name):
        """The process id of one of its programs, or None."""
        for child in demo.children():
            command = f"/proc/{child}/cmdline"
            with contextlib.suppress(FileNotFoundError), open(command, encoding="utf-8") as file:
                if self.commands[name] in file.read():
                    return child
        return None


if __name__ == "__main__":
    unittest.main()
