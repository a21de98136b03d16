"""What the sample knows of a browser: sessions, cookies and forms."""

import http.server
import threading
import unittest

from fixture import PASSWORD, SampleCase, app, fields_of, second_factor
from programs import Browser, Visit


class SessionTest(SampleCase):
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

    def test_only_a_sign_in_changes_who_is_signed_in(self):
        self.enroll()
        self.whole_sign_in()
        back = self.pass_by_form(self.to_security())
        self.assertIn("/start#", self.sign_in_besides().location)
        self.assertEqual(self.browser.get(back).location, "/security")
        self.assertEqual(self.browser.get(self.site + "/").title, "Sign in")

    def sign_in_besides(self):
        """Another user with a second factor gives the password, without a sign-out before."""
        form = self.browser.get(self.site + "/").forms["sign-out"]
        self.user = "other-" + self.user
        app.ACCOUNTS[self.user] = PASSWORD
        self.enroll()
        return self.browser.post(self.site + "/sign-in", {**form, "user": self.user, "password": PASSWORD})

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
        query = fields_of(back)
        with self.assertRaisesRegex(second_factor.NotPassed, "You have not finished"):
            app.Handler.factor.finish(session, query)

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


if __name__ == "__main__":
    unittest.main()
