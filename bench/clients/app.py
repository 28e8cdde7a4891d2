"""What a sync worker serves: ten milliseconds of waiting, then an answer."""

import time


def app(environ, start_response):
    environ["wsgi.input"].read()
    time.sleep(0.01)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
