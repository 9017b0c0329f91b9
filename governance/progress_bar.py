"""How far long work in a terminal is."""

from django.core.management.base import OutputWrapper


def show(terminal: OutputWrapper, done: int, total: int) -> None:
    """Draws the bar anew on its line; nothing where nobody is looking, such as in a log."""
    if total and terminal.isatty():
        bar = "█" * (30 * done // total)
        terminal.write(f"\r{bar:░<30} {done}/{total}", ending="\n" if done == total else "")
