
"use strict";
(() => {
  const narrow = window.matchMedia("(max-width: 640px)").matches;
  // Sharing would send the figure to a server.
  const without = ["sendChartToCloud", "select2d", "lasso2d"];
  const config = { responsive: true, displaylogo: false, plotlyServerURL: "", modeBarButtonsToRemove: without };

  // Names beside the marks of a map are placed for wide windows; a tap on a mark tells them.
  function thin(trace, width) {
    return width < 800 && trace.meta === "wide only" ? { ...trace, mode: "markers" } : trace;
  }

  function draw(name, figure) {
    const place = document.getElementById(name);
    const height = (narrow && figure.layout.meta?.narrow_height) || figure.layout.height;
    const data = figure.data.map((trace) => thin(trace, place.clientWidth));
    return Plotly.newPlot(place, data, { ...figure.layout, height }, config);
  }

  // One after the other, so that the page answers in between.
  async function drawAll(figures) {
    for (const [name, figure] of Object.entries(figures)) {
      await draw(name, figure);
      await new Promise((resolve) => setTimeout(resolve));
    }
    document.documentElement.dataset.ready = "yes";
  }

  function compare(a, b, isFigure) {
    if (!isFigure) return a.localeCompare(b, undefined, { numeric: true });
    return a - b;
  }

  function sort(table, at, header) {
    const isFigure = header.classList.contains("figure");
    const before = header.getAttribute("aria-sort");
    const first = isFigure ? "descending" : "ascending";
    const other = isFigure ? "ascending" : "descending";
    const order = before === first ? other : first;
    for (const cell of header.parentNode.cells) cell.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const keyed = Array.from(table.tBodies[0].rows, (row) => {
      const cell = row.cells[at];
      return [isFigure ? cell.dataset.key : cell.textContent, row];
    });
    // What has no value comes last, whatever the order.
    keyed.sort(([a], [b]) => (a === "" || b === "" ? (a === "") - (b === "") : sign * compare(a, b, isFigure)));
    table.tBodies[0].append(...keyed.map(([, row]) => row));
  }

  function filter(table, text, told) {
    const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const rows = Array.from(table.tBodies[0].rows);
    let shown = 0;
    for (const row of rows) {
      const content = Array.from(row.cells, (cell) => cell.textContent).join(" ").toLocaleLowerCase();
      row.hidden = !words.every((word) => content.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    const all = `${rows.length.toLocaleString("en-US")} ${rows.length === 1 ? "row" : "rows"}`;
    told.textContent = words.length ? `${shown.toLocaleString("en-US")} of ${all}` : all;
  }

  for (const section of document.querySelectorAll("section.table")) {
    const table = section.querySelector("table");
    if (!table) continue;
    const field = section.querySelector("input");
    const told = section.querySelector("output");
    field.addEventListener("input", () => filter(table, field.value, told));
    Array.from(table.tHead.rows[0].cells).forEach((header, at) => {
      header.querySelector("button").addEventListener("click", () => sort(table, at, header));
    });
  }

  for (const place of document.querySelectorAll(".plot")) {
    place.style.minHeight = `${(narrow && place.dataset.narrowHeight) || place.dataset.height}px`;
  }
  const figures = JSON.parse(document.getElementById("figures").textContent);
  requestAnimationFrame(() => setTimeout(() => drawAll(figures)));
})();
