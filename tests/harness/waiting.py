"""Waiting for a condition with a bound, the only way in which tests wait."""

import time


def wait_until(condition, timeout=30, message="the condition", interval=0.05):
    """Calls `condition` until it gives something true, and returns that. An AssertionError after `timeout` seconds;
    `message` is a text or a function that says how things stand."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            said = message() if callable(message) else message
            raise AssertionError(f"not within {timeout} s: {said}")
        time.sleep(interval)
