"""Eight clients, a hundred requests each; a stall is an answer that took a second. Four workers need 20 ms for eight."""

import sys
import threading
import time

import requests

failed, stalled = [], []


def client(number):
    with requests.Session() as session:
        for turn in range(100):
            begun = time.monotonic()
            try:
                if turn % 4 == 3:
                    answer = session.post(sys.argv[1], data=b"x" * 1000, timeout=30)
                else:
                    answer = session.get(sys.argv[1], timeout=30)
                if answer.status_code != 200:
                    failed.append((number, turn, answer.status_code))
            except requests.RequestException as error:
                failed.append((number, turn, str(error)))
            took = time.monotonic() - begun
            if took > 1:
                stalled.append((number, turn, took))


threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for what in failed[:5] + stalled[:5]:
    print(what)
print(f"failed {len(failed)} stalled {len(stalled)}")
