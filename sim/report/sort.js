// Sorts a table by the column whose title is clicked: numbers by data-value, all else as text; again = the other way.
for (const table of document.querySelectorAll("table.sortable")) {
  const titles = [...table.tHead.rows[0].cells];
  titles.forEach((title, column) => {
    const sort = () => {
      const down = title.getAttribute("aria-sort") === "ascending";
      const keyed = [...table.tBodies[0].rows].map(row => {
        const cell = row.cells[column], value = cell.dataset.value;
        return [value === undefined ? cell.textContent : value === "" ? NaN : Number(value), row];
      });
      const order = (a, b) => typeof a === "string" ? a.localeCompare(b) : isNaN(a) ? isNaN(b) ? 0 : 1 : isNaN(b) ? -1 : a - b;
      keyed.sort(([a], [b]) => (down && a === a && b === b ? -1 : 1) * order(a, b));
      table.tBodies[0].append(...keyed.map(([, row]) => row));
      titles.forEach(other => other.removeAttribute("aria-sort"));
      title.setAttribute("aria-sort", down ? "descending" : "ascending");
    };
    title.tabIndex = 0;
    title.addEventListener("click", sort);
    title.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
  });
}
