"""Three people at work on a Roundup issue tracker, each with a browser's cookies and forms: run with the tracker's URL.

They log in, report issues, read and answer them, list, and log out; now and then one sends a form whose token was used
already, asks for what is not there (404), or for what is not shown to strangers. Hidden fields, one-time tokens among
them, go back as the page gave them. Each comes from an address of their own, as the load balancer says. They take
turns, so that no two report an issue at once: which number it gets would be chance.
"""

import http.cookiejar
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

ROUNDS = 3
THINK_S = 0.05
PEOPLE = ("ada", "grace", "mary")


class Forms(HTMLParser):
    """The forms of a page: of each, the fields that a browser would send back untouched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[dict[str, str]] = []
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
        elif not self.forms:
            return
        elif tag == "input" and said.get("type", "text") in ("hidden", "text", "password") and "name" in said:
            self.forms[-1][said["name"]] = said.get("value", "")
        elif tag == "select":
            self._select = said.get("name", "")
        elif tag == "option" and "selected" in said and self._select:
            self.forms[-1][self._select] = said.get("value", "")

    def with_field(self, name: str) -> dict[str, str]:
        found = [form for form in self.forms if name in form]
        assert found, f"no form with {name}: {self.page[:3000]}"
        return found[0]


class Browser:
    def __init__(self, url: str, address: str) -> None:
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.opener.addheaders = [("User-Agent", "Browser/1.0"), ("X-Forwarded-For", address)]
        self.at = url

    def get(self, path: str, expect: int = 200) -> str:
        return self._ask(urllib.request.Request(self.url + path), expect)

    def post(self, path: str, fields: dict[str, str], expect: int = 200) -> str:
        return self._ask(urllib.request.Request(self.url + path, urllib.parse.urlencode(fields).encode()), expect)

    def _ask(self, request: urllib.request.Request, expect: int) -> str:
        time.sleep(THINK_S)
        try:
            with self.opener.open(request, timeout=30) as answer:
                status, page, self.at = answer.status, answer.read().decode(), answer.url
        except urllib.error.HTTPError as error:
            status, page = error.code, error.read().decode()
        assert status == expect, f"{request.get_method()} {request.full_url}: {status}\n{page[:2000]}"
        return page


def main(url: str) -> None:
    browsers = {name: Browser(url, f"192.0.2.{nth}") for nth, name in enumerate(PEOPLE, start=1)}
    for name, browser in browsers.items():
        login = Forms(browser.get("")).with_field("__login_name")
        browser.post("", {**login, "__login_name": name, "__login_password": f"{name}-at-work", "@action": "Login"})
    for number in range(ROUNDS):
        for nth, (name, browser) in enumerate(browsers.items()):
            report(browser, name, number, nth)
    for browser in browsers.values():
        browser.get("?@action=logout")
        browser.get("user3")  # told to log in


def report(browser: Browser, name: str, number: int, nth: int) -> None:
    form = Forms(browser.get("issue?@template=item")).with_field("title")
    said = {**form, "title": f"{name} found trouble {number}", "priority": "3", "@note": "It fails."}
    browser.post("issue", said)
    own = browser.at.partition("?")[0].rpartition("/")[2]
    answer = {**Forms(browser.get(own)).with_field("title"), "@note": f"Looked at it again, {number} times."}
    browser.post(own, answer)
    browser.get("issue?@columns=id,title&@sort=-activity&status=-1,1,2,3,4,5,6,7&@filter=status")
    if number % 2 == nth % 2:
        browser.post(own, answer)  # its token was used already: the page again, and no redirect
    else:
        browser.get("issue99999", expect=404)


if __name__ == "__main__":
    main(sys.argv[1])
