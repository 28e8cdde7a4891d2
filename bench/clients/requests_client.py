"""Everyday uses of requests, through the balancer at the given URL."""

import sys

import requests

base = sys.argv[1]
with requests.Session() as session:
    session.request = lambda method, url, send=session.request, **more: send(method, url, timeout=30, **more)
    for _ in range(50):
        assert session.get(f"{base}/").text == "GET 0"
    assert session.post(f"{base}/", json={"a": 1}).text == "POST 8"
    assert session.post(f"{base}/", data=(b"x" * 1000 for _ in range(100))).text == "POST 100000"
    assert session.put(f"{base}/", data=b"y" * 3_000_000).text == "PUT 3000000"
    assert session.delete(f"{base}/").text == "DELETE 0"
    assert session.head(f"{base}/bytes/1000").headers["content-length"] == "1000"
    assert len(session.get(f"{base}/bytes/5000000").content) == 5_000_000
    with session.get(f"{base}/chunks/5000000", stream=True) as answer:
        assert sum(len(piece) for piece in answer.iter_content(8192)) == 5_000_000
print("fine")
