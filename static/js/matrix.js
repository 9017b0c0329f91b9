// In a matrix of fields the arrow keys move from cell to cell; sideways only from the edge of what is typed.
for (const table of document.querySelectorAll("[data-matrix]")) {
  const rows = Array.from(table.tBodies[0].rows, (row) => Array.from(row.querySelectorAll("input:not([type=hidden])")));

  table.addEventListener("keydown", (event) => {
    const row = rows.findIndex((fields) => fields.includes(event.target));
    if (row < 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const column = rows[row].indexOf(event.target);
    const { selectionStart, selectionEnd, value } = event.target;
    const isSelected = value !== "" && selectionStart === 0 && selectionEnd === value.length;
    const target = {
      ArrowUp: () => rows[row - 1]?.[column],
      ArrowDown: () => rows[row + 1]?.[column],
      ArrowLeft: () => (isSelected || selectionEnd === 0 ? rows[row][column - 1] : undefined),
      ArrowRight: () => (isSelected || selectionStart === value.length ? rows[row][column + 1] : undefined),
    }[event.key]?.();
    if (target) {
      event.preventDefault();
      target.focus();
      target.select();
    }
  });
}
