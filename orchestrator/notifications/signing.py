"""Signatures of webhooks in the format of Standard Webhooks 1.0.0, which receivers verify with existing libraries.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md ("Signature scheme",
"Webhook headers"): HMAC-SHA256 over ``id.timestamp.body``, base64, after ``v1,``; secrets are 24 to 64 bytes, base64,
after ``whsec_``.
"""

import base64
import binascii
import hmac
import secrets

__all__ = ["PREFIX", "headers", "is_secret", "new_secret", "signature"]

PREFIX = "whsec_"


def new_secret() -> str:
    """Return a new secret: 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    """Tell whether a text is a secret in this format."""
    try:
        return text.startswith(PREFIX) and 24 <= len(base64.b64decode(text[len(PREFIX) :], validate=True)) <= 64
    except (binascii.Error, ValueError):
        return False


def signature(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message.

    Parameters
    ----------
    secret
        Of the webhook, with its prefix.
    message
        The message's id, which is the same in each try.
    timestamp
        Of this try, in seconds.
    body
        Of the request.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, b"%s.%d.%s" % (message.encode(), timestamp, body), "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(secret: str, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of one try to deliver a message."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message, timestamp, body),
    }
