"""Opens the page `sys.argv[1]` in headless Chromium, driven by chromedriver (WebDriver, W3C), and prints as JSON what is there:
its title, what of it is drawn, what it loaded and said, and a table's column before and after a click on its head."""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request

LOOK = """
const table = document.querySelector("table");
const head = [...table.tHead.rows[0].cells].find((cell) => cell.textContent.trim().startsWith("p50"));
const column = () => [...table.tBodies[0].rows].map((row) => row.cells[head.cellIndex].textContent.trim());
const before = column();
head.querySelector("button").click();
const up = column();
head.querySelector("button").click();
const pictures = [...document.querySelectorAll("svg, img")].map((picture) => picture.getBoundingClientRect());
return {
  title: document.title, before, up, down: column(),
  pictures: pictures.filter((box) => box.width > 100 && box.height > 50).length,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  loaded: performance.getEntriesByType("resource").map((entry) => entry.name),
};
"""
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--window-size=1280,2000",
]


def ask(base, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["value"]


def look(base, page, profile):
    options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
    logs = {"browser": "ALL"}
    always = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": logs}
    session = "/session/" + ask(base, "POST", "/session", {"capabilities": {"alwaysMatch": always}})["sessionId"]
    try:
        ask(base, "POST", session + "/url", {"url": page})
        seen = ask(base, "POST", session + "/execute/sync", {"script": LOOK, "args": []})
        seen["said"] = [line["message"] for line in ask(base, "POST", session + "/se/log", {"type": "browser"})]
        return seen
    finally:
        ask(base, "DELETE", session)


with tempfile.TemporaryDirectory() as profile:
    driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        port = next(found[1] for line in driver.stdout if (found := re.search(r"successfully on port (\d+)", line)))
        print(json.dumps(look(f"http://127.0.0.1:{port}", sys.argv[1], profile)))
    finally:
        driver.kill()
        driver.wait()
