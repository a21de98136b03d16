#!/usr/bin/env python3
"""Judges answers of security keys with python-fido2, an independent implementation.

Reads a JSON object a line: {"rp_id", "challenge", "client_data", "object"} for a registration; with "data" and
"signature" too for a login by the key that registered with "object". All but rp_id is in hexadecimal. Prints a line for
each: "accepted", or "refused" and the reason.
"""

import json
import sys

from fido2.attestation import Attestation
from fido2.client import ClientData
from fido2.ctap2 import AttestationObject, AuthenticatorData
from fido2.server import Fido2Server
from fido2.utils import websafe_encode


def judge_statement(attestation, digest):
    """Raises where the statement is wrong, or its format is unknown. Whom the certificate belongs to is not asked."""
    verifier = Attestation.for_type(attestation.fmt)()
    verifier.verify(attestation.att_statement, attestation.auth_data, digest)


def judge(asked):
    raw = {name: bytes.fromhex(text) for name, text in asked.items() if name != "rp_id"}
    server = Fido2Server({"id": asked["rp_id"], "name": "Example"}, "direct", None, judge_statement)
    state = {"challenge": websafe_encode(raw["challenge"]), "user_verification": None}
    client_data = ClientData(raw["client_data"])
    attestation = AttestationObject(raw["object"])
    if "signature" not in raw:
        server.register_complete(state, client_data, attestation)
        return
    key = attestation.auth_data.credential_data
    data = AuthenticatorData(raw["data"])
    server.authenticate_complete(state, [key], key.credential_id, client_data, data, raw["signature"])


def main():
    for line in sys.stdin:
        try:
            judge(json.loads(line))
            print("accepted")
        except Exception as error:  # The library raises whatever its parsers raise.
            print("refused", type(error).__name__, " ".join(str(error).split()))


if __name__ == "__main__":
    main()
