"""Logging in, tokens and connections."""

import base64
import concurrent.futures
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request

import ovirtsdk4 as sdk
import pytest
from conftest import LOGIN, URL


def sso(path, **form):
    """Asks the engine's single sign-on beside the API."""
    address = URL.replace("/ovirt-engine/api", path)
    request = urllib.request.Request(address, urllib.parse.urlencode(form).encode())
    request.add_header("Accept", "application/json")
    context = ssl.create_default_context(cafile=LOGIN["ca_file"])
    try:
        with urllib.request.urlopen(request, context=context) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def token(**different):
    form = {
        "grant_type": "password",
        "username": LOGIN["username"],
        "password": LOGIN["password"],
        "scope": "ovirt-app-api",
        **different,
    }
    return sso("/ovirt-engine/sso/oauth/token", **form)


def test_a_connection_tests_itself(connection):
    assert connection.test()
    assert connection.test(raise_exception=True)


def test_a_wrong_password_is_said_to_be_one(connect):
    connection = connect(password="wrong")
    assert not connection.test()
    with pytest.raises(sdk.AuthError, match="access_denied.*Cannot authenticate user"):
        connection.authenticate()


def test_an_unknown_user_is_refused(connect):
    with pytest.raises(sdk.AuthError, match="access_denied"):
        connect(username="nobody@internal").authenticate()


def test_a_certificate_of_a_stranger_is_not_trusted(connect):
    with pytest.raises(sdk.Error, match="SSL|certificate"):
        connect(ca_file="/etc/ssl/certs/ca-certificates.crt").authenticate()
    connect(ca_file=None, insecure=True).authenticate()


def test_the_authority_comes_from_the_engine():
    address = URL.replace(
        "/api", "/services/pki-resource?resource=ca-certificate&format=X509-PEM-CA"
    )
    context = ssl._create_unverified_context()
    with urllib.request.urlopen(address, context=context) as answer:
        offered = answer.read().decode()
    with open(LOGIN["ca_file"], encoding="ascii") as file:
        assert offered.strip() == file.read().strip()


def test_a_token_of_one_connection_serves_another(connection, connect):
    other = connect(username=None, password=None, token=connection.authenticate())
    assert other.system_service().get().product_info.vendor


def test_a_revoked_token_is_replaced_without_a_word(connect):
    connection = connect()
    first = connection.authenticate()
    assert connection.system_service().clusters_service().list()
    sso("/ovirt-engine/services/sso-logout", token=first, scope="ovirt-app-api")
    assert connection.system_service().clusters_service().list()
    assert connection.authenticate() != first


def test_closing_logs_out(connect):
    connection = connect()
    closed = connection.authenticate()
    connection.close()
    other = connect(username=None, password=None, token=closed)
    with pytest.raises(sdk.Error):
        other.system_service().get()


def test_logging_in_by_hand():
    status, answer = token()
    assert status == 200
    assert answer["token_type"] == "bearer"
    assert answer["exp"] == "9223372036854775807"


@pytest.mark.parametrize(
    "different, code",
    [
        ({"password": "wrong"}, "access_denied"),
        ({"username": "admin"}, "access_denied"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
    ],
)
def test_logins_that_fail_say_why(different, code):
    status, answer = token(**different)
    assert (status, answer["error_code"]) == (400, code)
    assert answer["error"]


def test_basic_authentication_still_works():
    request = urllib.request.Request(URL)
    credentials = base64.b64encode(f"{LOGIN['username']}:{LOGIN['password']}".encode())
    request.add_header("Authorization", "Basic " + credentials.decode())
    context = ssl.create_default_context(cafile=LOGIN["ca_file"])
    with urllib.request.urlopen(request, context=context) as answer:
        assert answer.status == 200


def test_many_threads_share_a_connection(connection):
    vms = connection.system_service().templates_service()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        lists = list(pool.map(lambda _: len(vms.list()), range(64)))
    assert len(set(lists)) == 1


def test_requests_in_a_pipeline(connect):
    connection = connect(connections=4, pipeline=4)
    templates = connection.system_service().templates_service()
    futures = [templates.list(wait=False) for _ in range(16)]
    assert all(future.wait() for future in futures)


def test_without_compression_it_is_the_same(connect, connection):
    plain = connect(compress=False).system_service().operating_systems_service().list()
    zipped = connection.system_service().operating_systems_service().list()
    assert [it.name for it in plain] == [it.name for it in zipped]


def test_headers_of_a_connection_go_with_each_request(connect):
    connection = connect(headers={"Filter": "true", "Correlation-Id": "of-a-header"})
    assert connection.system_service().vms_service().list() is not None
