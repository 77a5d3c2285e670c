"""OpenID Connect tokens: a real local provider with real keys, and forged tokens."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from demos import SMALL
from fastapi.testclient import TestClient
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pydantic import ValidationError

from geogrid.settings import Settings
from geogrid_api import oidc as module
from geogrid_api.app import create_app

RSA, OTHER = (rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for _ in range(2))
WEAK = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)
EC = ec.generate_private_key(ec.SECP256R1())


class Provider(ThreadingHTTPServer):
    """Returns its keys, counts requests and can be set to fail."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked = []
        self.broken = False
        self.keys = [
            jwk(RSAAlgorithm, RSA, "rsa"),
            jwk(ECAlgorithm, EC, "ec"),
            jwk(RSAAlgorithm, WEAK, "weak"),
            jwk(RSAAlgorithm, RSA, "secret", use="enc"),
            {"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * 32).decode(), "kid": "oct", "alg": "HS256"},
            {"kty": "nonsense", "kid": "nonsense"},
        ]


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        discovered = {"issuer": self.server.url, "jwks_uri": f"{self.server.url}/keys"}
        body = {"/keys": {"keys": self.server.keys}, "/.well-known/openid-configuration": discovered}.get(self.path)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/keys")
        else:
            self.send_response(500 if self.server.broken else 200 if body else 404)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


def jwk(algorithm, key, number, **more):
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": number, **more}


@pytest.fixture
def provider():
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def serve(store, tmp_path, provider):
    """Function that starts the service with OpenID settings and returns a client."""
    opened = []

    def start(**more):
        settings = {"oidc_issuer": provider.url, "oidc_audience": "geogrid", **more}
        app = create_app(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'geogrid.db'}", **settings))
        client = TestClient(app)
        opened.append(client)
        return client.__enter__()

    yield start
    for client in opened:
        client.__exit__(None, None, None)


def claims(provider, **more):
    now = int(time.time())
    base = {"iss": provider.url, "aud": "geogrid", "sub": "abc", "iat": now, "exp": now + 300, "roles": ["planner"]}
    return {name: value for name, value in {**base, **more}.items() if value is not None}


def signed(provider, key=RSA, number="rsa", algorithm="RS256", headers=None, **more):
    return jwt.encode(claims(provider, **more), key, algorithm, headers={"kid": number, **(headers or {})})


def me(client, token):
    return client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


def test_oidc_token_identifies_the_actor(serve, provider):
    client = serve()
    body = me(client, signed(provider, name="测试员", roles=["planner", "of another service"])).json()
    assert (body["id"], body["name"], body["roles"]) == ("oidc:abc", "测试员", ["planner"])
    assert body["permissions"] == ["figures.read", "incidents.export", "incidents.read", "ledger.read"]
    assert me(client, signed(provider, EC, "ec", "ES256")).json()["roles"] == ["planner"]
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"], "fetched once"


def test_roles_and_bounds_come_from_configured_claims(serve, provider):
    client = serve(oidc_roles_claim="realm_access.roles", oidc_bounds_claim="https://example/bounds")
    given = {"realm_access": {"roles": "leader system"}, "https://example/bounds": {"areas": ["140213051"]}}
    token = signed(provider, **given)
    body = me(client, token).json()
    assert (body["roles"], body["bounds"]["areas"]) == (["leader"], ["140213051"])
    received = client.get("/v1/kpi", headers={"Authorization": f"Bearer {token}"}).json()["received"]
    assert 0 < received < SMALL
    for bounds in (None, [], {"areas": []}, {"area": ["140213051"]}, {"areas": "140213051"}, {"areas": [1]}):
        assert me(client, signed(provider, **{**given, "https://example/bounds": bounds})).status_code == 401, bounds


@pytest.mark.parametrize("roles", [None, [], "system", ["anonymous"], 7, {"planner": True}])
def test_token_without_role_is_forbidden(serve, provider, roles):
    client, token = serve(), signed(provider, roles=roles)
    assert me(client, token).json()["permissions"] == []
    assert client.get("/v1/incidents/1", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def b64(value):
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode().rstrip("=")
    )


def with_public_key_as_secret(provider):
    """Sign with HMAC and the public key, by hand because PyJWT refuses to."""
    text = f"{b64({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa'})}.{b64(claims(provider))}"
    return f"{text}.{b64(hmac.digest(public(RSA), text.encode(), hashlib.sha256))}"


def tampered(provider):
    head, _, sign = signed(provider).split(".")
    return f"{head}.{b64(claims(provider, roles=['administrator']))}.{sign}"


NOW = int(time.time())
FORGED = {
    "another's key": lambda p: signed(p, OTHER),
    "a key that it brings": lambda p: signed(p, OTHER, headers={"jwk": jwk(RSAAlgorithm, OTHER, "rsa")}),
    "an unknown key": lambda p: signed(p, OTHER, "other"),
    "no key number": lambda p: jwt.encode(claims(p), RSA, "RS256"),
    "no signature": lambda p: jwt.encode(claims(p), None, "none", headers={"kid": "rsa"}),
    "the public key as a secret": with_public_key_as_secret,
    "a shared secret": lambda p: signed(p, b"k" * 32, "oct", "HS256"),
    "a longer hash": lambda p: signed(p, algorithm="RS512"),
    "a weak key": lambda p: signed(p, WEAK, "weak"),
    "a key for secrets": lambda p: signed(p, RSA, "secret"),
    "the number of another kind of key": lambda p: signed(p, EC, "rsa", "ES256"),
    "changed claims": tampered,
    "another issuer": lambda p: signed(p, iss="https://example"),
    "another audience": lambda p: signed(p, aud="another service"),
    "no audience": lambda p: signed(p, aud=None),
    "over": lambda p: signed(p, exp=NOW - 3_600),
    "without an end": lambda p: signed(p, exp=None),
    "not yet": lambda p: signed(p, nbf=NOW + 3_600),
    "made in the future": lambda p: signed(p, iat=NOW + 3_600),
    "nobody": lambda p: signed(p, sub=""),
    "somebody with a line feed": lambda p: signed(p, sub="a\nb"),
    "too long": lambda p: signed(p, more="x" * 9_000),
    "no token": lambda _: "a.b.c",
}


@pytest.mark.filterwarnings("ignore:The RSA key is 1024")
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_forged_token_is_refused(serve, provider, forge):
    client = serve()
    assert me(client, signed(provider)).status_code == 200
    token = forge(provider)
    response = me(client, token)
    assert (response.status_code, response.json()["code"]) == (401, "token")
    assert token not in response.text


def test_new_keys_are_fetched_at_a_limited_rate(serve, provider, monkeypatch):
    client = serve(oidc_jwks_url=f"{provider.url}/keys")
    assert me(client, signed(provider)).status_code == 200
    provider.keys.append(jwk(RSAAlgorithm, OTHER, "new"))
    for _ in range(5):
        assert me(client, signed(provider, OTHER, "new")).status_code == 401
    assert provider.asked == ["/keys"]
    monkeypatch.setattr(module, "RETRY_S", 0)
    assert me(client, signed(provider, OTHER, "new")).status_code == 200
    provider.broken = True
    monkeypatch.setattr(module, "KEEP_S", 0)
    assert me(client, signed(provider)).status_code == 200, "what is at hand serves while the provider is away"
    monkeypatch.setattr(module, "MAX_AGE_S", 0)
    assert me(client, signed(provider)).status_code == 503


@pytest.mark.parametrize("path", ["/moved", "/nowhere"])
def test_unreachable_keys_return_503(serve, provider, path):
    client = serve(oidc_jwks_url=f"{provider.url}{path}")
    response = me(client, signed(provider))
    assert (response.status_code, response.json()["code"]) == (503, "oidc_unreachable")
    assert provider.asked == [path], "a redirect is not followed"
    assert client.get("/v1/kpi?from=2022-06-30").status_code == 200


def test_api_keys_work_beside_oidc(serve, key):
    assert me(serve(), key).status_code == 200


@pytest.mark.parametrize(
    "settings",
    [{"oidc_issuer": "https://example"}, {"oidc_issuer": "http://example", "oidc_audience": "geogrid"}],
    ids=["no audience", "an open line"],
)
def test_insecure_oidc_settings_are_refused(settings):
    with pytest.raises(ValidationError):
        Settings(**settings)
