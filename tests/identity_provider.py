"""A stand-in for an identity provider: OpenID Connect over HTTP, with discovery, tokens, user information and keys."""

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class IdentityProvider:
    """What it says of the person who logs in stands in `person`; the rest can be set to what a test needs."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signs_with = self.key
        self.person = {}
        self.in_token = {}
        self.code_challenge = None
        self.url = ""

    def authorize(self, address):
        """What happens at the provider when the person logs in there: the parameters of the way back."""
        asked = {name: values[0] for name, values in parse_qs(urlparse(address).query).items()}
        assert address.startswith(f"{self.url}/authorize?")
        assert (asked["client_id"], asked["response_type"]) == ("register", "code")
        self.code_challenge = asked["code_challenge"]
        return {"code": "een-code", "state": asked["state"]}

    def token(self, form):
        assert (form["client_id"], form["client_secret"]) == ("register", "geheim")
        verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() != self.code_challenge:
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": "register", "iat": now, "exp": now + 60, **self.person, **self.in_token}
        signed = jwt.encode(claims, self.signs_with, algorithm="RS256", headers={"kid": "sleutel-1"})
        return {"access_token": "toegang", "token_type": "Bearer", "id_token": signed}

    def answers(self):
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            },
            "/userinfo": self.person,
            "/keys": {"keys": [{**public, "kid": "sleutel-1", "alg": "RS256", "use": "sig"}]},
        }


@contextmanager
def running():
    provider = IdentityProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(provider.answers()[self.path])

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def answer(self, content):
            body = json.dumps(content).encode()
            self.send_response(400 if "error" in content else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
