"""The second factor of a service, by Twofold's page. This file is all that the sample needs for it.

docs/guide-prompts.md explains it. Copy it as it is, and change the texts and the constants.
"""

import json
import secrets
import uuid

import grpc
from twofold.v1 import grant_pb2, method_pb2, prompt_service_pb2, two_factor_service_pb2
from twofold.v1 import prompt_service_pb2_grpc, two_factor_service_pb2_grpc

SIGN_IN = prompt_service_pb2.PROMPT_PURPOSE_SIGN_IN
ENROLL = prompt_service_pb2.PROMPT_PURPOSE_ENROLL
MANAGE = prompt_service_pb2.PROMPT_PURPOSE_MANAGE
# Every call has a deadline in seconds, so that no browser waits for longer.
TIMEOUT = 5
# For how long a device may be remembered. Twofold allows 30 days at most.
REMEMBER_SECONDS = 30 * 24 * 3600
# A session forgets older prompts. Twofold keeps three of a user anyway.
MAX_PROMPTS = 10
# Pass these to the channel. A call that does not reach the server is repeated, such as while the
# server restarts. Changing calls have a request_id, so that a repetition has no second effect.
# (Calls of StartChallenge, which sends codes, would need a channel that does not repeat.) After an
# outage the channel would otherwise try to connect only every two minutes.
CHANNEL_OPTIONS = [
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": {
        "maxAttempts": 3, "initialBackoff": "0.2s", "maxBackoff": "1s", "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"]}}]})),
]

TYPES = {
    method_pb2.METHOD_TYPE_TOTP: "Authenticator app",
    method_pb2.METHOD_TYPE_HOTP: "Code generator",
    method_pb2.METHOD_TYPE_BACKUP_CODES: "Emergency codes",
    method_pb2.METHOD_TYPE_SECURITY_KEY: "Security key or passkey",
    method_pb2.METHOD_TYPE_SMS: "Codes by text message",
    method_pb2.METHOD_TYPE_EMAIL: "Codes by e-mail",
}
ERRORS = {
    "expired": "The time was up, or the page was opened before. Please start again.",
    "lost_all_methods": "Please call our help desk. They will check that it is you.",
}
CHANGES_STAY = " What you had already changed stays changed."


class NotPassed(Exception):
    """The user has not passed. The text says why, for the user."""


class Passed:
    """The user has passed. Only SecondFactor.finish makes one."""

    def __init__(self, user, purpose, device_token):
        self.user = user
        self.purpose = purpose
        # For the cookie of a device that the user wants to be remembered on, or "".
        self.device_token = device_token


class SecondFactor:
    """May be used by several threads at once.

    A call that fails raises grpc.RpcError, unless a method says otherwise. It is never an answer:
    show a page that says so, and sign nobody in.
    """

    def __init__(self, channel, return_url, name):
        self._prompts = prompt_service_pb2_grpc.PromptServiceStub(channel)
        self._methods = two_factor_service_pb2_grpc.TwoFactorServiceStub(channel)
        self._return_url = return_url
        self._name = name

    def is_required(self, user):
        """Whether the user has a second factor.

        A real service also notes this in the account after each prompt. If the account says yes
        and Twofold says no, refuse the sign-in and lead to the help desk. Somebody may have
        restored an old backup, or the user removed the last method and never came back.
        """
        return self._list(user).second_factor_required

    def methods(self, user):
        """The names of the user's methods."""
        active = method_pb2.METHOD_STATE_ACTIVE
        # A newer server may have types that this file does not know.
        return [m.description or TYPES.get(m.type, "Another method")
                for m in self._list(user).methods if m.state == active]

    def is_remembered(self, user, device_token, client_address):
        """Whether the user passed on this device lately, and wanted to be remembered there.

        Ask only after the password was right, and never before a risky step such as a payment.
        """
        request = two_factor_service_pb2.CheckGrantRequest(
            user_id=user, grant=device_token, client_address=client_address)
        try:
            self._methods.CheckGrant(request, timeout=TIMEOUT)
        except grpc.RpcError:
            # Whatever the error is, the user can still pass the second step.
            return False
        return True

    def start(self, session, user, purpose):
        """Returns the URL to which the browser goes.

        `session` is this browser's, and stays on the server.
        """
        state = secrets.token_urlsafe(24)
        request = prompt_service_pb2.CreatePromptRequest(
            user_id=user, request_id=str(uuid.uuid4()), purpose=purpose,
            return_url=self._return_url, state=state, display_name=self._name)
        if purpose == SIGN_IN:
            request.remember.CopyFrom(grant_pb2.Remember(max_age_seconds=REMEMBER_SECONDS))
        created = self._prompts.CreatePrompt(request, timeout=TIMEOUT)
        # By its state, so that two tabs of one browser do not disturb each other.
        prompts = session.setdefault("prompts", {})
        prompts[state] = (created.prompt_id, user, purpose)
        for oldest in list(prompts)[:-MAX_PROMPTS]:
            prompts.pop(oldest, None)
        return created.url

    def finish(self, session, query):
        """Returns Passed, or raises NotPassed, also when a call fails.

        `query` holds the parameters with which the browser came back.
        """
        # Finding the prompt and taking it out is one step, so that an answer serves once.
        prompt = session.get("prompts", {}).pop(query.get("state", ""), None)
        if prompt is None:
            raise NotPassed("This answer belongs to another browser, or was used before.")
        # The user is the one that this session asked for, whatever the browser says.
        prompt_id, user, purpose = prompt
        if "error" in query:
            raise NotPassed(self._why(query["error"], purpose))
        request = prompt_service_pb2.RedeemPromptRequest(
            user_id=user, request_id=str(uuid.uuid4()), prompt_id=prompt_id,
            code=query.get("twofold_code", ""))
        try:
            redeemed = self._prompts.RedeemPrompt(request, timeout=TIMEOUT)
        except grpc.RpcError as error:
            raise NotPassed("The second step could not be checked. Please try again.") from error
        # An enrolment of a first method asks for no proof, so it must not pass for a sign-in.
        if redeemed.purpose != purpose:
            raise NotPassed("This answer belongs to another question.")
        return Passed(user, purpose, redeemed.new_grant.token)

    @staticmethod
    def _why(error, purpose):
        why = ERRORS.get(error, "You have not finished.")
        # A page on which the user changes methods may end after some changes.
        return why if purpose == SIGN_IN else why + CHANGES_STAY

    def _list(self, user):
        request = two_factor_service_pb2.ListMethodsRequest(user_id=user)
        return self._methods.ListMethods(request, timeout=TIMEOUT)
