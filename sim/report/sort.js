// Sorts a table by the column whose title is clicked; again = the other way. Values are the number in data-value, or
// else the number and unit in the text, or else the text.
{
  const UNITS = { s: 1, min: 60, h: 3600, d: 86400 };
  function valueOf(cell) {
    if (cell.dataset.value !== undefined) return cell.dataset.value === "" ? NaN : Number(cell.dataset.value);
    const text = cell.textContent.trim(), [number, unit] = text.replaceAll(",", "").split(/\s/);
    if (text === "-") return NaN;
    return /^[+-]?[0-9]+([.][0-9]+)?$/.test(number) ? Number(number) * (UNITS[unit] ?? 1) : text;
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    const titles = [...table.tHead.rows[0].cells];
    titles.forEach((title, column) => {
      const sort = () => {
        const down = title.getAttribute("aria-sort") === "ascending";
        const keyed = [...table.tBodies[0].rows].map(row => {
          return [valueOf(row.cells[column]), row];
        });
        const order = (a, b) => typeof a === "string" || typeof b === "string" ? String(a).localeCompare(String(b)) : isNaN(a) ? isNaN(b) ? 0 : 1 : isNaN(b) ? -1 : a - b;
        keyed.sort(([a], [b]) => (down && a === a && b === b ? -1 : 1) * order(a, b));
        table.tBodies[0].append(...keyed.map(([, row]) => row));
        titles.forEach(other => other.removeAttribute("aria-sort"));
        title.setAttribute("aria-sort", down ? "descending" : "ascending");
      };
      const button = document.createElement("button");  // Enter and Space press it
      button.append(...title.childNodes);
      title.append(button);
      title.addEventListener("click", sort);
    });
  }
}
