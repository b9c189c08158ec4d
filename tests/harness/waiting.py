"""Waiting for a condition with a bound, the only way in which tests wait."""

import time


# A bound ends a test that cannot succeed; it measures nothing, and costs nothing while all is well. So no bound is shorter
# than what a machine under heavy load may need.
PATIENCE = 120


def wait_until(condition, timeout=PATIENCE, message="the condition", interval=0.05):
    """Calls `condition` until it gives something true, and returns that. An AssertionError after `timeout` seconds, but
    never before PATIENCE; `message` is a text or a function that says how things stand."""
    timeout = max(timeout, PATIENCE)
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            said = message() if callable(message) else message
            raise AssertionError(f"not within {timeout} s: {said}")
        time.sleep(interval)
