// A click on a head sorts by it; what has no number goes last either way.
for (const table of document.querySelectorAll("table")) {
  table.tHead.addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (!head) return;
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => {
      const text = row.cells[head.cellIndex].textContent;
      const number = parseFloat(text.replace("<", ""));
      return head.cellIndex === 0 ? text : Number.isNaN(number) ? null : number;
    };
    const rows = [...table.tBodies[0].rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) => (a === null) - (b === null) || (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1));
    table.tBodies[0].append(...rows.map(([, row]) => row));
  });
}
