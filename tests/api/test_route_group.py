"""Groups of routes find the same routes as FastAPI's routers."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Match

from geogrid_api.app import create_app
from geogrid_api.route_group import RouteGroup

REQUESTS = [
    ("GET", "/v1/areas"),
    ("GET", "/v1/areas/7"),
    ("GET", "/v1/areas/7/"),
    ("GET", "/v1/areas/7/figures"),
    ("POST", "/v1/areas/7/figures"),
    ("DELETE", "/v1/areas/7"),
    ("HEAD", "/v1/areas/7"),
    ("GET", "/v1/area"),
    ("GET", "/other/7"),
    ("GET", "/"),
    ("GET", "/nothing"),
]


def make_client(router_class, root_path):
    app = FastAPI()
    first, second = router_class(prefix="/v1/areas"), router_class()
    first.get("/{code}")(lambda code: f"area {code}")
    first.post("/{code}/figures")(lambda code: f"figures of {code}")
    second.get("/v1/areas")(lambda: "areas")
    second.get("/v1/areas/{code}/figures")(lambda code: f"read figures of {code}")
    second.get("/{other}/7")(lambda other: f"other {other}")
    app.include_router(first)
    app.include_router(second)
    return TestClient(app, root_path=root_path)


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_groups_answer_like_routers(method, path):
    for root_path in ("", "/district"):
        clients = [make_client(kind, root_path) for kind in (RouteGroup, APIRouter)]
        responses = [client.request(method, f"{root_path}{path}") for client in clients]
        assert (
            len({(response.status_code, response.text, response.headers.get("allow")) for response in responses}) == 1
        )


def test_group_is_skipped_for_other_paths():
    class Unmatched(APIRouter):
        def matches(self, scope):
            raise AssertionError(scope["path"])

    class Skipped(RouteGroup, Unmatched):
        pass

    group = Skipped()
    group.get("/v1/areas/{code}")(lambda code: code)
    assert group.matches({"type": "http", "path": "/v1/other", "headers": []}) == (Match.NONE, {})
    with pytest.raises(AssertionError, match="/v1/areas/7"):
        group.matches({"type": "http", "path": "/v1/areas/7", "headers": []})


def test_service_matches_groups():
    routers = [route.original_router for route in create_app().routes if hasattr(route, "original_router")]
    assert {type(router) for router in routers} == {RouteGroup}
    assert len(routers) > 30
