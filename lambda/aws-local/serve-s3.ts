/** SERVE_S3: the Python program that serves S3 by moto, and says where; it ends with its standard input. */

/**
 * Three things that S3 does and moto's server does not: a conditional write is one step (here requests are taken one by
 * one), keys may hold line breaks, and requests for S3 need not look for other services first.
 */
export const SERVE_S3 = `
import os
import sys
import threading

import moto.moto_server.werkzeug_app as moto_app
from moto.moto_server import utilities
from moto.server import MotoRequestHandler
from werkzeug.serving import make_server


class Converter(utilities.RegexConverter):
    def __init__(self, url_map, *items):
        super().__init__(url_map, *(f"(?s:{item})" for item in items))


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
moto_app.RegexConverter = Converter
app = moto_app.create_backend_app("s3")
one_by_one = threading.Lock()


def serve(environ, start_response):
    with one_by_one:
        return app(environ, start_response)


server = make_server("127.0.0.1", 0, serve, threaded=True, request_handler=MotoRequestHandler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
`
