"""A notebook that is open in JupyterLab, for hands."""


class Notebook:
    """The open notebook, driven by keys and mouse; cells are found by their ids, which the build derives from names."""

    def __init__(self, page):
        self.page = page

    def go_to(self, cell_id: str):
        """Scroll to a cell, make it active, and return its element."""
        index = self.page.evaluate(
            """async id => {
                const content = window.jupyterapp.shell.currentWidget.content;
                const index = content.widgets.findIndex(cell => cell.model.id === id);
                content.activeCellIndex = index; await content.scrollToItem(index, 'center'); content.mode = 'command';
                content.node.focus(); return index; }""", cell_id)
        assert index >= 0, f"no cell {cell_id}"
        cell = self.page.locator(f".jp-Notebook-cell[data-windowed-list-index='{index}']").first
        cell.wait_for()
        return cell

    def type_over(self, cell_id: str, text: str) -> None:
        """Replace a cell's text with the keyboard's help, as a learner would, and run it."""
        self.go_to(cell_id)
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        self.run()

    def run(self) -> None:
        """Run the active cell and wait until the kernel is idle again."""
        self.page.keyboard.press("Control+Enter")
        self.idle()

    def idle(self, seconds: int = 240) -> None:
        self.page.wait_for_timeout(200)
        self.page.wait_for_function(
            "() => { const s = window.jupyterapp.shell.currentWidget.sessionContext; return s.session?.kernel?.status === 'idle'; }",
            timeout=1000 * seconds)
        self.page.wait_for_timeout(200)

    def verdict(self, cell_id: str) -> str:
        """Run a check cell and read its verdict."""
        cell = self.go_to(cell_id)
        self.run()
        shown = cell.locator(".vc-verdict")
        shown.wait_for()
        return shown.inner_text()
