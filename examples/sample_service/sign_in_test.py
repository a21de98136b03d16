"""Every way that a sign-in with the sample can take."""

import re
import threading
import unittest

import programs
from fixture import PASSWORD, SampleCase, app, fields_of, grpc, method_pb2, second_factor
from programs import Browser, Visit, totp


class SignInTest(SampleCase):
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
        own = fields_of(self.begin(thief).submit("cancel").location)
        mixed = re.sub("state=[^&]*", "state=" + own["state"], back)
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
            query = fields_of(back)
            with self.assertRaisesRegex(second_factor.NotPassed, "another question"):
                app.Handler.factor.finish(session, query)

    def test_two_answers_at_once_are_one(self):
        self.enroll()
        session = {}
        visit = Visit(self.browser, app.Handler.factor.start(session, self.user, second_factor.SIGN_IN))
        query = fields_of(self.pass_by_code(visit))
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


if __name__ == "__main__":
    unittest.main()
