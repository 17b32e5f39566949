"""Three editors at work on a Kinto server, through its own client: run with Kinto's interpreter and the server's URL.

Each keeps a collection of articles in a shared bucket: writes drafts, changes them as they last saw them (If-Match),
lists, deletes; now and then one has an old copy and is refused (412), or asks for what is gone (404).
"""

import random
import sys
import time

from kinto_http import Client
from kinto_http.exceptions import KintoException

ROUNDS = 7
THINK_S = 0.5


def main(url: str) -> None:
    rng = random.Random(7)
    editors = [Client(server_url=url, bucket="press", collection=name) for name in ("news", "sport", "culture")]
    editors[0].create_bucket()
    time.sleep(THINK_S)
    for editor in editors:
        editor.create_collection()
    time.sleep(THINK_S)  # nobody writes before the bucket and the collections are there
    for number in range(ROUNDS):
        for editor in editors:
            write(editor, rng, number)
        time.sleep(THINK_S / 10)
    for editor in editors:
        editor.get_collection()
        editor.delete_collection()


def write(editor: Client, rng: random.Random, number: int) -> None:
    draft = editor.create_record(data={"title": f"Draft {number}", "words": rng.randint(100, 900)})["data"]
    saved = editor.update_record(data={**draft, "title": f"Article {number}", "words": draft["words"] + 50})["data"]
    read = editor.get_record(id=saved["id"])["data"]
    editor.patch_record(data={"published": True}, id=read["id"], if_match=read["last_modified"])
    editor.get_records()
    if number % 3 == 1:
        refused(lambda: editor.update_record(data={**draft, "title": "An old copy"}))
    if number % 3 == 2:
        editor.delete_record(id=saved["id"])
        refused(lambda: editor.get_record(id=saved["id"]))


def refused(request) -> None:
    try:
        request()
    except KintoException:
        return
    raise AssertionError("Kinto was expected to refuse this")


if __name__ == "__main__":
    main(sys.argv[1])
