"""A Roundup tracker behind a WSGI server, as its documentation has it: run with the tracker's folder and a port.

(Its own little server refuses to run as root, which tests in a container do.)
"""

import sys

from roundup.cgi.wsgi_handler import RequestDispatcher
from waitress import serve

if __name__ == "__main__":
    serve(RequestDispatcher(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), threads=4)
