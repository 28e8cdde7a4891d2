"""`serve`: echo on a free port, which is printed. `talk URL`: say things of many sizes and hear them again."""

import sys

from websockets.sync.client import connect
from websockets.sync.server import serve


def echo(connection):
    for message in connection:
        connection.send(message)


if sys.argv[1] == "serve":
    with serve(echo, "127.0.0.1", 0, max_size=None) as server:
        print(server.socket.getsockname()[1], flush=True)
        server.serve_forever()
else:
    with connect(sys.argv[2], max_size=None) as connection:
        for size in [0, 1, 125, 126, 65535, 65536, 1_000_000]:
            connection.send("x" * size)
            assert connection.recv(timeout=30) == "x" * size
        for number in range(200):
            connection.send(str(number))
        assert [connection.recv(timeout=30) for _ in range(200)] == [str(number) for number in range(200)]
    print("fine")
