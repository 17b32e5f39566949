import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import recorder.addon
from recorder.recording import Recording


def test_a_stock_mitmdump_records_with_the_addon(serve, response, tmp_path: Path) -> None:
    upstream = serve(lambda _: response())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mitmdump = Path(sys.executable).with_name("mitmdump")
    command = [mitmdump, "-q", "-s", recorder.addon.__file__, "--mode", f"reverse:{upstream.url}@127.0.0.1:{port}"]
    options = ["--set", f"foreshock_out={tmp_path / 'a.rec'}", "--set", f"confdir={tmp_path}"]
    process = subprocess.Popen([str(part) for part in command] + options, start_new_session=True)
    try:
        give_up_s = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/x", timeout=10).close()
                break
            except urllib.error.URLError:
                assert time.monotonic() < give_up_s
                time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
    assert [exchange.request.url for exchange in Recording.open(tmp_path / "a.rec").exchanges()] == ["/x"]
    assert Recording.open(tmp_path / "a.rec").manifest.closed


def test_a_stock_mitmdump_refuses_a_folder_that_is_there(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("mitmdump")), "-q", "-s", recorder.addon.__file__, "-p", "0"]
    options = ["--set", f"foreshock_out={tmp_path}", "--set", f"confdir={tmp_path}"]
    done = subprocess.run(command + options, capture_output=True, text=True, timeout=30, start_new_session=True)
    assert done.returncode != 0
    assert "already there" in done.stdout + done.stderr
