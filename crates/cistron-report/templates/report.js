// Tables sort by a click on a column's head; printing opens what is folded.
document.querySelectorAll("table.sortable").forEach(function (table) {
  var heads = Array.from(table.tHead.rows[0].cells);
  if (table.tBodies[0].rows.length < 2) return;
  heads.forEach(function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var number = head.classList.contains("number");
      var key = function (row) {
        var cell = row.cells[column];
        if (!number) return cell.textContent;
        return cell.dataset.sort === undefined ? null : parseFloat(cell.dataset.sort);
      };
      var rows = Array.from(table.tBodies[0].rows);
      rows.sort(function (a, b) {
        var x = key(a), y = key(b);
        // Undefined values stay at the end, whichever way the others go.
        if (x === null || y === null) return (x === null) - (y === null);
        var order = number ? x - y : x.localeCompare(y, undefined, { numeric: true });
        return down ? -order : order;
      });
      rows.forEach(function (row) { table.tBodies[0].appendChild(row); });
    });
  });
});
window.addEventListener("beforeprint", function () {
  document.querySelectorAll("details").forEach(function (part) { part.open = true; });
});
