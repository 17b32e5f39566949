"""A Toxiproxy server, real or embedded, driven through toxiproxy-python.

The library (0.1.1) keeps host and port as class globals, waits for ever, doesn't quote names, and knows no update; an
error of the server surfaces as a KeyError somewhere. These classes are its classes with that put right: one server an
object, a bound on every wait, quoted names, PATCH, and a HarnessError that says what is the matter. All calls block:
from asyncio they are made in a thread.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
import requests
import toxiproxy
from toxiproxy.api import APIConsumer, validate_response
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

from faults.toxic import Toxic
from foreshock.errors import HarnessError

CONNECT_S = 2.0
READ_S = 5.0  # a hung Toxiproxy answers 503 after 25 s; nobody waits for that
_PLAIN_VERSION = re.compile(r"\d+\.\d+\.\d+\S{0,20}|git")  # as 2.1 and older say it; newer ones do in JSON
ONCE_HUNG_S = 1.0  # healing calls it again and again: whoever waits for a hung server has waited before
_AT_ONCE = 16  # kept-alive connections to a server
_STATUS = {NotFound: 404, ProxyExists: 409, InvalidToxic: 400}


class Refused(HarnessError):
    """The server answered, and said no. `status` is its HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    @property
    def lacks_route(self) -> bool:
        """Whether it does not know what it was asked at all; old versions say so with 404, in Go's own words."""
        codes = requests.codes
        return self.status == codes.method_not_allowed or (
            self.status == codes.not_found and "404 page not found" in str(self)
        )


class OutOfReach(HarnessError):
    """No connection to the server, or it was lost."""


class Hangs(HarnessError):
    """No answer in time."""


class NotToxiproxy(HarnessError):
    """Something else answers at the server's address."""


class Api(APIConsumer):  # type: ignore[misc]  # the library is untyped
    """The library's consumer with a server of its own. `what` names it in messages.

    `last_words` is asked, when the server is out of reach, what is known of its end ('' if nothing).
    """

    def __init__(
        self, url: str, what: str, *, read_s: float = READ_S, last_words: Callable[[], str] = lambda: ""
    ) -> None:
        self.url = url.rstrip("/")
        self.what = what
        self.read_s = read_s
        self._patience_s = read_s  # less once it hung, until it answers again
        self._last_words = last_words
        self._patches = True  # until it says that it has no PATCH
        self._session = requests.Session()  # shared by threads: its pool is safe, and it keeps no cookies here
        self._session.trust_env = False  # a proxy for the internet is no way to a server on loopback
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=_AT_ONCE))

    def get(self, url: str, params: Any = None, **kwargs: Any) -> requests.Response:
        return self.request("GET", url, params=params, **kwargs)

    def post(self, url: str, data: Any = None, json: Any = None, **kwargs: Any) -> requests.Response:
        return self.request("POST", url, data=data, json=json, **kwargs)

    def patch(self, url: str, json: Any) -> requests.Response:
        """PATCH, and POST of a server from before it knew that; newer ones take both."""
        if self._patches:
            try:
                return self.request("PATCH", url, json=json)
            except Refused as refused:
                if not refused.lacks_route:
                    raise
        answer = self.post(url, json=json)
        self._patches = False
        return answer

    def delete(self, url: str, **kwargs: Any) -> requests.Response:
        return self.request("DELETE", url, **kwargs)

    def request(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """The answer, if it is a success. Raises Refused, or HarnessError when there is none."""
        call = f"{self.what} at {self.url}: {method} {path}"
        waited_s = self._patience_s
        kwargs.setdefault("timeout", (CONNECT_S, waited_s))
        try:
            answer = self._session.request(method, self.url + path, allow_redirects=False, **kwargs)
            validate_response(answer)
        except requests.Timeout:
            self._patience_s = min(self.read_s, ONCE_HUNG_S)
            raise Hangs(
                f"{call}: no answer within {waited_s:g} s; it hangs (Toxiproxy does when a client stops reading): "
                "restart it"
            ) from None
        except requests.RequestException as error:
            ended = self._last_words() or "is it running?"
            raise OutOfReach(f"{call}: no connection ({_reason(error)}): {ended}") from None
        except tuple(_STATUS) as error:
            raise Refused(f"{call}: {_message(error.args[0])}", _STATUS[type(error)]) from None
        self._patience_s = self.read_s
        if answer.status_code >= requests.codes.multiple_choices:
            raise Refused(f"{call}: {answer.status_code}: {_message(answer.content)}", answer.status_code)
        return answer

    def close(self) -> None:
        self._session.close()


class Proxy(toxiproxy.Proxy):  # type: ignore[misc]  # the library is untyped
    """One proxy of a server. `enabled`, `listen`, `upstream` are what the server said last."""

    name: str
    listen: str
    upstream: str
    enabled: bool

    def __init__(self, api: Api, state: Mapping[str, Any]) -> None:
        super().__init__(**_checked(state, api))
        self._api = api
        self._path = f"/proxies/{quote(self.name, safe='')}"

    def toxics(self) -> dict[str, toxiproxy.proxy.Toxic]:
        """By name, as the server has them now."""
        return {toxic["name"]: toxiproxy.proxy.Toxic(**toxic) for toxic in self.read()["toxics"]}

    def read(self) -> dict[str, Any]:
        """The proxy as the server has it now, toxics included."""
        state = _checked(_json(self._api.get(self._path), self._api), self._api)
        self._take(state)
        return state

    def add_toxic(self, toxic: Toxic) -> None:
        self._api.post(f"{self._path}/toxics", json=msgspec.to_builtins(toxic))

    def update_toxic(self, toxic: Toxic) -> None:
        """Attributes and toxicity of the toxic of that name; type and stream can't change."""
        json = {"attributes": dict(toxic.attributes), "toxicity": toxic.toxicity}
        self._api.patch(self._toxic_path(toxic.name), json=json)

    def destroy_toxic(self, toxic_name: str) -> bool:
        """False if there was none."""
        return _done(self._api, self._toxic_path(toxic_name))

    def destroy(self) -> bool:
        """False if there was none."""
        return _done(self._api, self._path)

    def disable(self) -> None:
        self.update(enabled=False)

    def enable(self) -> None:
        self.update(enabled=True)

    def update(self, **changes: Any) -> None:
        """Any of enabled, listen, upstream."""
        self._take(_checked(_json(self._api.patch(self._path, json=changes), self._api), self._api))

    def _take(self, state: Mapping[str, Any]) -> None:
        self.enabled, self.listen, self.upstream = state["enabled"], state["listen"], state["upstream"]

    def _toxic_path(self, toxic_name: str) -> str:
        return f"{self._path}/toxics/{quote(toxic_name, safe='')}"


class Server(toxiproxy.Toxiproxy):  # type: ignore[misc]  # the library is untyped
    """One server. `what` names it in messages: 'Toxiproxy', 'the embedded proxy'."""

    def __init__(
        self,
        url: str,
        what: str = "Toxiproxy",
        *,
        read_s: float = READ_S,
        last_words: Callable[[], str] = lambda: "",
    ) -> None:
        self.api = Api(url, what, read_s=read_s, last_words=last_words)

    @property
    def url(self) -> str:
        return self.api.url

    def version(self) -> str:
        """Its version ('git' when built from source). Raises HarnessError if what answers is no Toxiproxy."""
        try:
            answer = self.api.get("/version")
        except Refused as refused:
            raise self._not_one(f"GET /version answered {refused.status}") from None
        if _PLAIN_VERSION.fullmatch(answer.text):
            return str(answer.text)
        version = _json(answer, self.api).get("version")
        if not isinstance(version, str):
            raise self._not_one("GET /version names no version")
        return version

    def running(self) -> bool:
        try:
            self.version()
        except HarnessError:
            return False
        return True

    def proxies(self) -> dict[str, Proxy]:
        """By name."""
        return {name: Proxy(self.api, state) for name, state in _json(self.api.get("/proxies"), self.api).items()}

    def create(
        self, upstream: str, name: str, listen: str = "127.0.0.1:0", enabled: bool = True, toxics: Sequence[Toxic] = ()
    ) -> Proxy:
        """A proxy with its toxics, or nothing at all. Says so where even taking it away again does not succeed."""
        asked = {"name": name, "upstream": upstream, "listen": listen, "enabled": enabled}
        proxy = Proxy(self.api, _json(self.api.post("/proxies", json=asked), self.api))
        try:
            for toxic in toxics:
                proxy.add_toxic(toxic)
        except HarnessError as error:
            self._take_back(proxy, error)
            raise
        return proxy

    def _take_back(self, proxy: Proxy, why: HarnessError) -> None:
        try:
            proxy.destroy()
        except HarnessError:
            mend = f"proxy {proxy.name} could not be taken away: run `foreshock heal --toxiproxy {self.url}`"
            raise HarnessError(f"{why}; {mend}") from why

    def update_api_consumer(self, host: str, port: int) -> None:
        """Another address, for this object alone."""
        self.api.url = f"http://{host}:{port}"

    def reset(self) -> None:
        """Enables every proxy and removes every toxic of the server, whoever made them."""
        self.api.post("/reset")

    def connections(self, proxy: str, since_s: float) -> bytes:
        """The journal of a proxy, which only the embedded server has: JSON, see `faults.traffic`."""
        return self.api.get("/connections", params={"proxy": proxy, "since": since_s}).content

    def close(self) -> None:
        """Lets go of the connections to it; it runs on."""
        self.api.close()

    def _not_one(self, why: str) -> NotToxiproxy:
        return NotToxiproxy(f"{self.url} is not a Toxiproxy: {why}; expected the address of its control API")


def _done(api: Api, path: str) -> bool:
    try:
        api.delete(path)
    except Refused as refused:
        if refused.status == requests.codes.not_found:
            return False
        raise
    return True


def _json(answer: requests.Response, api: Api) -> dict[str, Any]:
    try:
        value = answer.json()
    except requests.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise NotToxiproxy(f"{api.url} is not a Toxiproxy: {answer.request.path_url} answered {answer.text[:60]!r}")
    return value


class _State(msgspec.Struct):
    """A proxy as every version shows it."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: list[dict[str, Any]] = []


def _checked(state: object, api: Api) -> dict[str, Any]:
    """The state of a proxy, if it is one."""
    try:
        return msgspec.structs.asdict(msgspec.convert(state, _State))
    except msgspec.ValidationError as error:
        raise NotToxiproxy(f"{api.url} is not a Toxiproxy: what it says of a proxy is none: {error}") from None


def _message(content: bytes) -> str:
    """What the server says is wrong: its JSON's 'error', else the beginning of the body."""
    try:
        return str(msgspec.json.decode(content)["error"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return content[:200].decode(errors="replace").strip() or "no reason given"


def _reason(error: BaseException) -> str:
    """The innermost cause, which is the one that says something."""
    inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    reason = getattr(inner, "reason", None)
    text = str(reason if isinstance(reason, BaseException) else inner)
    return re.sub(r"^\[Errno \d+\] ", "", text.rpartition(": ")[2]) or type(inner).__name__
