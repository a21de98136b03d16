"""The second factor of a service, by Twofold's page. This file is all that the sample needs for it."""

import hmac
import secrets
import uuid

import grpc
from twofold.v1 import method_pb2, prompt_service_pb2, two_factor_service_pb2
from twofold.v1 import prompt_service_pb2_grpc, two_factor_service_pb2_grpc

SIGN_IN = prompt_service_pb2.PROMPT_PURPOSE_SIGN_IN
ENROLL = prompt_service_pb2.PROMPT_PURPOSE_ENROLL
MANAGE = prompt_service_pb2.PROMPT_PURPOSE_MANAGE
TIMEOUT = 5
ERRORS = {"lost_all_methods": "Please call our help desk. They will check that it is you."}


class NotPassed(Exception):
    """The user has not passed. The text says why, for the user."""


class Passed:
    """The user has passed. Only SecondFactor.finish makes one."""

    def __init__(self, user, purpose):
        self.user = user
        self.purpose = purpose


class SecondFactor:
    def __init__(self, channel, return_url, name):
        self._prompts = prompt_service_pb2_grpc.PromptServiceStub(channel)
        self._methods = two_factor_service_pb2_grpc.TwoFactorServiceStub(channel)
        self._return_url = return_url
        self._name = name

    def is_required(self, user):
        """Whether the user has a second factor. An error is no answer, so nobody gets in by one."""
        return self._list(user).second_factor_required

    def methods(self, user):
        """The names of the user's methods."""
        active = method_pb2.METHOD_STATE_ACTIVE
        return [m.description or method_pb2.MethodType.Name(m.type)
                for m in self._list(user).methods if m.state == active]

    def start(self, session, user, purpose):
        """Returns the URL to which the browser goes.

        `session` is this browser's, and stays on the server.
        """
        state = secrets.token_urlsafe(24)
        request = prompt_service_pb2.CreatePromptRequest(
            user_id=user, request_id=str(uuid.uuid4()), purpose=purpose,
            return_url=self._return_url, state=state, display_name=self._name)
        created = self._prompts.CreatePrompt(request, timeout=TIMEOUT)
        # By its state, so that two tabs of one browser do not disturb each other.
        session.setdefault("prompts", {})[state] = (created.prompt_id, user, purpose)
        return created.url

    def finish(self, session, query):
        """Returns Passed, or raises NotPassed.

        `query` holds the parameters with which the browser came back.
        """
        state = query.get("state", "")
        known = [one for one in session.get("prompts", {})
                 if hmac.compare_digest(one.encode(), state.encode())]
        if not known:
            raise NotPassed("This answer belongs to another browser.")
        # The user is the one that this session asked for, whatever the browser says.
        prompt_id, user, purpose = session["prompts"].pop(known[0])
        if "error" in query:
            raise NotPassed(ERRORS.get(query["error"], "You have not finished. Nothing was changed."))
        request = prompt_service_pb2.RedeemPromptRequest(
            user_id=user, request_id=str(uuid.uuid4()), prompt_id=prompt_id,
            code=query.get("twofold_code", ""))
        try:
            redeemed = self._prompts.RedeemPrompt(request, timeout=TIMEOUT)
        except grpc.RpcError as error:
            raise NotPassed("The second step could not be checked. Please try again.") from error
        if redeemed.purpose != purpose:
            raise NotPassed("This answer belongs to another question.")
        return Passed(user, purpose)

    def _list(self, user):
        request = two_factor_service_pb2.ListMethodsRequest(user_id=user)
        return self._methods.ListMethods(request, timeout=TIMEOUT)
