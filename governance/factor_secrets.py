"""What second factors are made of, kept in the database so that who reads only that cannot make codes with it."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import salted_hmac

ENCRYPTED = "gAAAA"
"""How what `encrypt` gives begins; no secret of an app and no seed of recovery codes does."""


def _cipher() -> MultiFernet:
    """Encrypts with a key made of `SECRET_KEY`, and reads also with those of `SECRET_KEY_FALLBACKS`."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("governance.factor_secrets", "", secret, algorithm="sha256").digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class FactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one that was stored before secrets were encrypted is given as it is.

        Raises `ImproperlyConfigured` when it was encrypted with a `SECRET_KEY` that is not known any more.
        """
        if not encrypted_text.startswith(ENCRYPTED):
            return encrypted_text
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            sentence = "A second factor was stored under another SECRET_KEY. Put that one in SECRET_KEY_FALLBACKS."
            raise ImproperlyConfigured(sentence) from error
